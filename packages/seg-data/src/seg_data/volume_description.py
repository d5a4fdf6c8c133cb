"""What a volume is, as plain data and as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seg_common.volume.opened_volume import Volume

AXES = "zyx"


def describe(volume: Volume) -> dict[str, Any]:
    """Describe a volume; sizes are in voxels, bytes and the unit of its voxel size, axes (z, y, x)."""
    document = volume.document
    size = document.voxel_size
    voxels = volume.box.voxels
    return {
        "name": document.name,
        "path": str(volume.path),
        "image": str(volume.image),
        "axes": AXES,
        "shape": list(document.shape),
        "dtype": document.dtype,
        "bytes": voxels * volume.image.dtype.itemsize,
        "voxel_size": None if size is None else list(size),
        "voxel_size_unit": document.voxel_size_unit,
        "physical_size": None if size is None else [n * s for n, s in zip(document.shape, size, strict=True)],
        "labels": {name: source.path for name, source in document.labels.items()},
        "ignored_label": volume.ignored_label,
        "classes": [{"index": i, "name": c.name, "color": c.color} for i, c in enumerate(document.classes)],
        "partitions": {
            name: {"box": str(box), "shape": list(box.shape), "voxels": box.voxels, "fraction": box.voxels / voxels}
            for name, box in document.partitions.items()
        },
    }


def description_lines(volume: Volume) -> list[str]:
    """Describe a volume in lines."""
    data = describe(volume)
    unit = data["voxel_size_unit"]
    lines = [
        f"name        {data['name']}",
        f"image       {data['image']}",
        f"shape       ({_listed(data['shape'])}) voxels (z, y, x), {data['dtype']}, {data['bytes'] / 2**20:.1f} MiB",
    ]
    if unit:
        lines.append(f"voxel size  ({_listed(data['voxel_size'])}) {unit} (z, y, x)")
        lines.append(f"size        ({_listed(data['physical_size'])}) {unit} (z, y, x)")
    else:
        lines.append("voxel size  unknown")
    labels = ", ".join(f"{name} ({path})" for name, path in data["labels"].items()) or "none"
    lines.append(f"labels      {labels}")
    if data["ignored_label"] is not None:
        lines.append(f"ignored     label {data['ignored_label']}")
    lines += [f"class {c['index']:<5} {c['name']} {c['color']}" for c in data["classes"]]
    lines += [
        f"partition   {name}: {p['box']} ({100 * p['fraction']:.1f} % of the voxels)"
        for name, p in data["partitions"].items()
    ]
    return lines


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
