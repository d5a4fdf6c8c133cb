"""NRRD: a header of ``field: value`` lines before the voxels (.nrrd) or beside them (.nhdr).

The header is parsed here and not by pynrrd, which reads and unpacks whole arrays.
"""

from __future__ import annotations

import re
from dataclasses import replace
from math import hypot, nan
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import VolumeError
from seg_common.volume.volume_axes import picked_axes, volume_axes
from seg_common.volume.voxel_file import Packing, VoxelFile, VoxelFileReader, read_header, require_field
from seg_common.volume.voxel_sizes import stated_voxel_size, unit_name

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.geometry.box import Index3

# Every spelling of http://teem.sourceforge.net/nrrd/format.html.
TYPES = {
    "int8": ("signed char", "int8", "int8_t"),
    "uint8": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "int16": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "uint16": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "int32": ("int", "signed int", "int32", "int32_t"),
    "uint32": ("uint", "unsigned int", "uint32", "uint32_t"),
    "int64": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "uint64": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "float32": ("float",),
    "float64": ("double",),
}
DTYPES = {spelling: dtype for dtype, spellings in TYPES.items() for spelling in spellings}
PACKINGS: dict[str, Packing] = {"raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}


MAGIC = "NRRD"


class NrrdReader(VoxelFileReader):
    """One NRRD, its voxels raw, gzipped or packed by bzip2, in either byte order; its first axis is x."""

    def __init__(self, path: Path) -> None:
        lines, size = read_header(path, b"")
        if not lines or not lines[0].startswith(MAGIC):
            msg = f"the file must be readable NRRD; {path} does not begin with {MAGIC}. Is it of another format?"
            raise VolumeError(msg)
        header = {
            field.replace(" ", "").lower(): text.strip()
            for field, found, text in (line.partition(":") for line in lines[1:] if not line.startswith("#"))
            if found
        }
        if lines[-1] and "datafile" not in header:  # a header beside the voxels may end without an empty line
            msg = f"a NRRD header must end with an empty line; {path} has none. Is it truncated?"
            raise VolumeError(msg)
        try:
            shape = [int(n) for n in reversed(header["sizes"].split())]
            axes = volume_axes(shape, str(path))
            voxels = _voxel_file(path, header, picked_axes(shape, axes), size)
            lengths, unit = _lengths(header)
        except KeyError as error:
            msg = f"a NRRD header must have the field {error.args[0]}; {path} has none. Is it damaged?"
            raise VolumeError(msg) from None
        except VolumeError:
            raise
        except (ValueError, OverflowError) as error:
            msg = f"a NRRD header must have numbers where they belong; {path}: {error}. Correct the header."
            raise VolumeError(msg) from None
        super().__init__(path, voxels)
        if len(lengths) == len(shape):
            self.voxel_size, self.voxel_size_unit = stated_voxel_size((lengths[axis] for axis in axes), unit)


def _voxel_file(path: Path, header: dict[str, str], shape: Index3, header_bytes: int) -> VoxelFile:
    """Tell where the voxels lie and what they are."""
    dimension = header["dimension"]
    require_field(path, "dimension", dimension, dimension == str(len(header["sizes"].split())), "the number of sizes")
    kind = header["type"]
    require_field(path, "type", kind, kind in DTYPES, "a number such as uint8, uint16 or float")
    encoding = header["encoding"]
    require_field(path, "encoding", encoding, encoding in PACKINGS, f"one of {', '.join(PACKINGS)}: save it so")
    dtype = np.dtype(DTYPES[kind])
    endian = header["endian"] if dtype.itemsize > 1 else "little"
    require_field(path, "endian", endian, endian in ("little", "big"), "little or big")
    name = header.get("datafile")
    single = name is None or ("%" not in name and not name.startswith("LIST"))
    require_field(path, "data file", name, single, "one file: join the slices into one")
    file = path if name is None else path.parent / name
    if not file.is_file():
        msg = f"the file of the voxels must exist; {path} names {name}, and {file} does not exist. Put it there."
        raise VolumeError(msg)
    packing = PACKINGS[encoding]
    voxels = VoxelFile(file, shape, dtype.newbyteorder("<" if endian == "little" else ">"), packing=packing)
    lines = int(header.get("lineskip", "0"))
    skip = int(header.get("byteskip", "0"))
    from_end = skip == -1 and packing == "raw" and lines == 0  # the voxels are what ends the file
    skips = from_end or (lines >= 0 and skip >= 0 and (packing == "raw" or skip == lines == 0))
    require_field(path, "byte skip", skip, skips, "0, or -1 or more before raw voxels")
    offset = file.stat().st_size - voxels.bytes if from_end else (0 if name else header_bytes)
    if not from_end:
        offset = _after_lines(file, offset, lines) + skip
    require_field(path, "sizes", header["sizes"], offset >= 0, "those of the voxels in the file")
    return replace(voxels, offset=offset)


def _after_lines(path: Path, offset: int, lines: int) -> int:
    with path.open("rb") as file:
        file.seek(offset)
        for _ in range(lines):
            file.readline()
        return file.tell()


def _lengths(header: dict[str, str]) -> tuple[list[float], str | None]:
    """Edge lengths of all axes, the slowest first, and their unit; no lengths when the units differ."""
    units = re.findall(r'"([^"]*)"', header.get("spaceunits", header.get("units", "")))
    named = {unit_name(unit) for unit in units} - {None}
    if len(named) > 1:
        return [], None
    unit = named.pop() if named else None
    if "spacedirections" in header:
        vectors = re.findall(r"none|\([^)]*\)", header["spacedirections"])
        lengths = [nan if text == "none" else hypot(*(float(n) for n in text[1:-1].split(","))) for text in vectors]
    else:
        lengths = [abs(float(n)) for n in header.get("spacings", "").split()]
    return lengths[::-1], unit
