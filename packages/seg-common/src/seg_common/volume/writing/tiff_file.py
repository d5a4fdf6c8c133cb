"""Write TIFF: what ImageJ opens where its format allows, BigTIFF beyond 4 GB, the voxel size in it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import tifffile

from seg_common.atomic_files import atomic_path
from seg_common.errors import VolumeError
from seg_common.volume.writing.output_array import NUMBERS
from seg_common.volume.writing.voxel_bytes import little_endian

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.writing.output_array import OutputArray, Store

IMAGEJ_TYPES = ("uint8", "uint16", "float32")
CLASSIC_BYTES = 2**32 - 2**25
"""Voxels that a TIFF of 32-bit offsets holds; the rest is for its page directories."""


@contextmanager
def store_array(output: OutputArray) -> Iterator[Store]:
    """Write one page per slice: uncompressed one after the other, which readers map, or each deflated."""
    output.require_dtype(NUMBERS, "Convert booleans to uint8.")
    big = output.bytes > CLASSIC_BYTES
    with atomic_path(output.path, overwrite=output.overwrite) as temporary:
        store = _deflated_pages if output.compressed else _contiguous_pages
        with store(temporary, output, _description(output, big=big), big=big) as write:
            yield write


@contextmanager
def _contiguous_pages(path: Path, output: OutputArray, description: str, *, big: bool) -> Iterator[Store]:
    """Lay out the whole file first; the voxels are then written into the gap left for them."""
    with tifffile.TiffWriter(path, bigtiff=big, byteorder="<") as file:
        file.write(shape=output.shape, dtype=output.dtype, **_options(output, description))
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[0]
    with path.open("r+b") as file:
        file.seek(offset)
        yield lambda _, voxels: file.write(little_endian(voxels))


@contextmanager
def _deflated_pages(path: Path, output: OutputArray, description: str, *, big: bool) -> Iterator[Store]:
    with tifffile.TiffWriter(path, bigtiff=big, byteorder="<") as file:

        def store(box: Box, voxels: NDArray[Any]) -> None:
            for z, plane in enumerate(voxels, start=box.start[0]):
                file.write(plane, compression="zlib", **_options(output, None if z else description))

        yield store


def _options(output: OutputArray, description: str | None) -> dict[str, Any]:
    """Tags of a page; the description of the stack stands in the first one."""
    options: dict[str, Any] = {"photometric": "minisblack", "metadata": None, "description": description}
    if output.voxel_size is not None:
        _, y, x = output.voxel_size
        resolution = (_pixels_per_unit(x, output.path), _pixels_per_unit(y, output.path))
        options |= {"resolution": resolution, "resolutionunit": "NONE"}
    return options


def _pixels_per_unit(edge: float, path: Path) -> tuple[int, int]:
    """Fraction of two 32-bit numbers: exact for an edge of few digits, so that it is read back as it was."""
    if not 1e-9 <= edge <= 1e9:
        msg = f"a TIFF holds edges of a voxel from 1e-9 to 1e9; got {edge} for {path}. Give the voxel size in another unit."
        raise VolumeError(msg)
    most = 2**32 - 1
    units = Fraction(repr(edge))
    pixels = 1 / units.limit_denominator(most) if edge < 1 else (1 / units).limit_denominator(most)
    return pixels.numerator, pixels.denominator


def _description(output: OutputArray, *, big: bool) -> str:
    """Tell what the tags have no place for, in ImageJ's words or, where ImageJ cannot read the voxels, in tifffile's."""
    size: dict[str, Any] = {} if output.voxel_size is None else {"spacing": output.voxel_size[0]}
    if output.voxel_size_unit is not None:
        size["unit"] = output.voxel_size_unit
    if big or output.dtype.name not in IMAGEJ_TYPES:
        return json.dumps({"shape": output.shape, "axes": "ZYX", **size})
    return tifffile.imagej_description(output.shape, axes="ZYX", **size)
