"""What a volume is, or a file that is to become one, as plain data and as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.volume.formats import ZARR, format_of
from seg_common.volume.opened_volume import VOLUME_FILE
from seg_data.label_slices import listed_slices

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_common.volume.voxel_sizes import VoxelSize
    from seg_data.grey_range import GreyRange

AXES = "zyx"
DOCUMENT_SUFFIXES = (".yaml", ".yml", ".json")
SLICE_SUFFIXES = (".tif", ".tiff")


def is_bare_array(path: Path) -> bool:
    """Tell an array in a file or a folder of its own from a volume with its document."""
    if path.is_dir() and not (path / VOLUME_FILE).is_file():
        return format_of(path) is ZARR or any(file.suffix.lower() in SLICE_SUFFIXES for file in path.iterdir())
    return path.is_file() and path.suffix.lower() not in DOCUMENT_SUFFIXES


def describe(volume: Volume, grey_levels: GreyRange | None = None) -> dict[str, Any]:
    """Describe a volume; sizes are in voxels, bytes and the unit of its voxel size, axes (z, y, x)."""
    document = volume.document
    voxels = volume.box.voxels
    return {
        **_array_facts(volume.image, document.voxel_size, document.voxel_size_unit, grey_levels),
        "name": document.name,
        "path": str(volume.path),
        "labels": {
            name: source.model_dump(include={"path", "ignored_label", "annotated"})
            for name, source in document.labels.items()
        },
        "weights": {name: source.path for name, source in document.weights.items()},
        "ignored_label": volume.ignored_label,
        "classes": [{"index": i, "name": c.name, "color": c.color} for i, c in enumerate(document.classes)],
        "partitions": {
            name: {"box": str(box), "shape": list(box.shape), "voxels": box.voxels, "fraction": box.voxels / voxels}
            for name, box in document.partitions.items()
        },
    }


def describe_array(array: ArrayReader, grey_levels: GreyRange | None = None) -> dict[str, Any]:
    """Describe an array that is no volume yet, with the keys that `describe` gives too."""
    return {
        **_array_facts(array, array.voxel_size, array.voxel_size_unit, grey_levels),
        "name": array.path.name,
        "path": str(array.path),
    }


def description_lines(data: dict[str, Any]) -> list[str]:
    """Write what `describe` or `describe_array` found in lines."""
    lines = [
        f"name        {data['name']}",
        f"image       {data['image']}",
        f"shape       {shape_text(data)}, {data['bytes'] / 2**20:.1f} MiB",
        f"voxel size  {voxel_size_text(data)}",
    ]
    if data["physical_size"]:
        lines.append(f"size        ({_listed(data['physical_size'])}) {data['voxel_size_unit'] or ''} (z, y, x)")
    grey = data["grey_levels"]
    if grey is not None:
        lines.append(f"grey levels {grey['low']:g} … {grey['high']:g}")
        if grey["percentiles"]:
            lines.append("percentiles " + ", ".join(f"{p:g} %: {level:g}" for p, level in grey["percentiles"].items()))
        if grey["not_finite"]:
            lines.append(f"not finite  {grey['not_finite']} voxels are NaN or infinite")
    if "labels" in data:
        lines += _annotation_lines(data)
    return lines


def shape_text(data: dict[str, Any]) -> str:
    """Write shape, axes and dtype of a described volume."""
    return f"({_listed(data['shape'])}) voxels (z, y, x), {data['dtype']}"


def voxel_size_text(data: dict[str, Any]) -> str:
    """Write the voxel size of a described volume."""
    if data["voxel_size"] is None:
        return "unknown"
    return f"({_listed(data['voxel_size'])}) {data['voxel_size_unit'] or 'of an unknown unit'} (z, y, x)"


def slices_to_show(volume: Volume) -> Index3:
    """Index (z, y, x) of three slices through the middle, or through the middle one of the annotated slices."""
    z, y, x = (n // 2 for n in volume.document.shape)
    source = volume.label_source
    if source is None or source.annotated is None:
        return z, y, x
    middle = source.annotated.indices[len(source.annotated.indices) // 2]
    places = {"z": z, "y": y, "x": x, source.annotated.axis: middle}
    return places["z"], places["y"], places["x"]


def _array_facts(
    array: ArrayReader, size: VoxelSize | None, unit: str | None, grey_levels: GreyRange | None
) -> dict[str, Any]:
    return {
        "image": str(array),
        "axes": AXES,
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "bytes": array.shape[0] * array.shape[1] * array.shape[2] * array.dtype.itemsize,
        "voxel_size": None if size is None else list(size),
        "voxel_size_unit": unit,
        "physical_size": None if size is None else [n * s for n, s in zip(array.shape, size, strict=True)],
        "grey_levels": None if grey_levels is None else vars(grey_levels),
    }


def _annotation_lines(data: dict[str, Any]) -> list[str]:
    lines = []
    for name, source in data["labels"].items():
        annotated = source["annotated"]
        where = f", annotated in {annotated['axis']} {listed_slices(annotated['indices'])}" if annotated else ""
        ignored = "" if source["ignored_label"] is None else f", label {source['ignored_label']} is ignored"
        lines.append(f"labels      {name} ({source['path']}{where}{ignored})")
    lines += [] if data["labels"] else ["labels      none"]
    lines += [f"weights     {name} ({path})" for name, path in data["weights"].items()]
    lines += [f"class {c['index']:<5} {c['name']} {c['color']}" for c in data["classes"]]
    lines += [
        f"partition   {name}: {p['box']} ({100 * p['fraction']:.1f} % of the voxels)"
        for name, p in data["partitions"].items()
    ]
    return lines


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
