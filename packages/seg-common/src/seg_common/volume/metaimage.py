"""MetaImage: a header of ``key = value`` lines in the file of the voxels (.mha) or beside it (.mhd)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.volume.volume_axes import volume_axes
from seg_common.volume.voxel_file import VoxelFile, VoxelFileReader, read_header
from seg_common.volume.voxel_sizes import stated_voxel_size

if TYPE_CHECKING:
    from pathlib import Path

ELEMENT_TYPES = {
    "MET_CHAR": "int8",
    "MET_UCHAR": "uint8",
    "MET_SHORT": "int16",
    "MET_USHORT": "uint16",
    "MET_INT": "int32",
    "MET_UINT": "uint32",
    "MET_LONG_LONG": "int64",
    "MET_ULONG_LONG": "uint64",
    "MET_FLOAT": "float32",
    "MET_DOUBLE": "float64",
}
LONGS = {"MET_LONG": "int32", "MET_ULONG": "uint32"}  # four bytes to MetaIO, whatever the machine that wrote them
LAST_KEY = b"ElementDataFile"


class MetaImageReader(VoxelFileReader):
    """One MetaImage, its voxels raw or deflated, in either byte order."""

    def __init__(self, path: Path) -> None:
        lines, size = read_header(path, LAST_KEY)
        header = {key.strip(): text.strip() for key, found, text in (line.partition("=") for line in lines) if found}
        try:
            voxels, spacing = _layout(path, header, size)
        except KeyError as error:
            msg = (
                f"a MetaImage header must have {error.args[0]}; {path} has none. Is it truncated or of another format?"
            )
            raise VolumeError(msg) from None
        except (ValueError, OverflowError) as error:
            if isinstance(error, VolumeError):
                raise
            msg = f"a MetaImage header must have numbers where they belong; {path}: {error}. Correct the header."
            raise VolumeError(msg) from None
        super().__init__(path, voxels)
        self.voxel_size, self.voxel_size_unit = stated_voxel_size(spacing, None)


def _layout(path: Path, header: dict[str, str], header_bytes: int) -> tuple[VoxelFile, list[float] | None]:
    """Where the voxels lie, and their spacing (z, y, x)."""
    shape = [int(n) for n in reversed(header["DimSize"].split())]
    _require(path, "NDims", header["NDims"], header["NDims"] == str(len(shape)), f"the {len(shape)} axes of DimSize")
    keep = volume_axes(shape, str(path))
    element = header["ElementType"]
    known = ELEMENT_TYPES | LONGS
    _require(path, "ElementType", element, element in known, f"one of {', '.join(known)}")
    channels = header.get("ElementNumberOfChannels", "1")
    _require(path, "ElementNumberOfChannels", channels, channels == "1", "1: save one channel alone")
    binary = header.get("BinaryData", "False")  # MetaIO's default
    _require(path, "BinaryData", binary, _truth(binary), "True: save the voxels as binary")
    msb = header.get("BinaryDataByteOrderMSB", header.get("ElementByteOrderMSB", "False"))
    dtype = np.dtype(known[element]).newbyteorder(">" if _truth(msb) else "<")
    packed = _truth(header.get("CompressedData", "False"))
    name = header["ElementDataFile"]
    single = name != "LIST" and "%" not in name and not name.startswith("LIST")
    _require(path, "ElementDataFile", name, single, "LOCAL or one file: join the slices into one")
    local = name.upper() == "LOCAL"
    file = path if local else path.parent / name
    if not file.is_file():
        msg = f"the file of the voxels must exist; {path} names {name}, and {file} does not exist. Put it there."
        raise VolumeError(msg)
    spacing = header.get("ElementSpacing", header.get("ElementSize"))
    lengths = None if spacing is None else [float(length) for length in reversed(spacing.split())]
    if lengths is not None and len(lengths) == len(shape):
        lengths = [abs(lengths[axis]) for axis in keep]
    z, y, x = (shape[axis] for axis in keep)
    voxels = VoxelFile(file, (z, y, x), dtype, packing="zlib" if packed else "raw")
    skip = int(header.get("HeaderSize", "0"))
    if local:
        offset = header_bytes
    elif skip == -1:  # the voxels are what ends the file
        offset = file.stat().st_size - voxels.bytes
    else:
        offset = skip
    _require(
        path, "HeaderSize", str(skip), offset >= 0 and not (packed and skip == -1), "-1 or the bytes before the voxels"
    )
    return VoxelFile(file, voxels.shape, dtype, offset, voxels.packing), lengths


def _truth(text: str) -> bool:
    return text[:1] in ("T", "t", "1", "Y", "y")


def _require(path: Path, key: str, value: Any, holds: bool, rule: str) -> None:
    if not holds:
        msg = f"{key} must be {rule}; {path} has {value!r}."
        raise VolumeError(msg)
