"""Write OME-Zarr 0.5: a Zarr v3 group with one level, the volume itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seg_common.atomic_files import atomic_folder
from seg_common.volume.writing.output_array import BOOLEANS_AND_NUMBERS
from seg_common.volume.zarr_library import require_zarr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.voxel_sizes import VoxelSize
    from seg_common.volume.writing.output_array import OutputArray, Store

LEVEL = "0"
CHUNK_SIDE = 128  # each chunk is a file: fewer of them than in HDF5
UNIT_NAMES = {
    "m": "meter",
    "cm": "centimeter",
    "mm": "millimeter",
    "um": "micrometer",
    "nm": "nanometer",
    "pm": "picometer",
    "in": "inch",
}
"""Units as OME-Zarr spells them; others are written as they are."""


@contextmanager
def store_array(output: OutputArray) -> Iterator[Store]:
    """Write every chunk, those that hold zeros too: a chunk that is missing later is then known to be lost."""
    output.require_dtype(BOOLEANS_AND_NUMBERS, "Convert the voxels.")
    zarr = require_zarr(output.path)
    image = ome_attributes(output.path.stem, LEVEL, output.voxel_size, output.voxel_size_unit)
    with atomic_folder(output.path, overwrite=output.overwrite, marks=("zarr.json", ".zgroup", ".zarray")) as temporary:
        group = zarr.create_group(temporary, zarr_format=3, attributes=image)
        array = group.create_array(
            LEVEL,
            shape=output.shape,
            dtype=output.dtype,
            chunks=output.chunks(CHUNK_SIDE),
            compressors=[zarr.codecs.ZstdCodec(level=3, checksum=True)] if output.compressed else None,
            fill_value=0,
            dimension_names=("z", "y", "x"),
            config={"write_empty_chunks": True},
        )

        def store(box: Box, voxels: NDArray[Any]) -> None:
            array[box.slices()] = voxels

        yield store


def ome_attributes(name: str, level: str, voxel_size: VoxelSize | None, voxel_size_unit: str | None) -> dict[str, Any]:
    """Attributes that make a Zarr v3 group an OME-Zarr image of one level.

    Parameters
    ----------
    name : str
        Name of the image.
    level : str
        Name of its array in the group, axes (z, y, x).
    voxel_size : tuple of float, optional
        Edge lengths (z, y, x) of a voxel; a scale must be stated, and is one where nobody measured it.
    voxel_size_unit : str, optional
        Their unit.

    Returns
    -------
    dict
        JSON.
    """
    axes: list[dict[str, str]] = [{"name": axis, "type": "space"} for axis in "zyx"]
    if voxel_size_unit is not None:
        for axis in axes:
            axis["unit"] = UNIT_NAMES.get(voxel_size_unit, voxel_size_unit)
    scale = {"type": "scale", "scale": list(voxel_size or (1.0, 1.0, 1.0))}
    levels = [{"path": level, "coordinateTransformations": [scale]}]
    return {"ome": {"version": "0.5", "multiscales": [{"name": name, "axes": axes, "datasets": levels}]}}
