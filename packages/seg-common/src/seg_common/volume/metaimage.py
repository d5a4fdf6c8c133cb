"""MetaImage: a header of ``key = value`` lines in the file of the voxels (.mha) or beside it (.mhd)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import VolumeError
from seg_common.volume.volume_axes import picked_axes, volume_axes
from seg_common.volume.voxel_file import VoxelFile, VoxelFileReader, read_header, require_field
from seg_common.volume.voxel_sizes import stated_voxel_size

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.geometry.box import Index3

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
    """One MetaImage, its voxels raw or deflated, in either byte order; its first axis is x."""

    def __init__(self, path: Path) -> None:
        lines, size = read_header(path, LAST_KEY)
        header = {key.strip(): text.strip() for key, found, text in (line.partition("=") for line in lines) if found}
        try:
            shape = [int(n) for n in reversed(header["DimSize"].split())]
            axes = volume_axes(shape, str(path))
            voxels = _voxel_file(path, header, picked_axes(shape, axes), size)
            spacing = header.get("ElementSpacing", header.get("ElementSize", ""))
            lengths = [abs(float(length)) for length in reversed(spacing.split())]
        except KeyError as error:
            msg = (
                f"a MetaImage header must have {error.args[0]}; {path} has none. Is it truncated or of another format?"
            )
            raise VolumeError(msg) from None
        except VolumeError:
            raise
        except (ValueError, OverflowError) as error:
            msg = f"a MetaImage header must have numbers where they belong; {path}: {error}. Correct the header."
            raise VolumeError(msg) from None
        super().__init__(path, voxels)
        if len(lengths) == len(shape):
            self.voxel_size, self.voxel_size_unit = stated_voxel_size((lengths[axis] for axis in axes), None)


def _voxel_file(path: Path, header: dict[str, str], shape: Index3, header_bytes: int) -> VoxelFile:
    """Tell where the voxels lie and what they are."""
    dimensions = header["NDims"]
    require_field(path, "NDims", dimensions, dimensions == str(len(header["DimSize"].split())), "the number of sizes")
    element = header["ElementType"]
    known = ELEMENT_TYPES | LONGS
    require_field(path, "ElementType", element, element in known, f"one of {', '.join(known)}")
    channels = header.get("ElementNumberOfChannels", "1")
    require_field(path, "ElementNumberOfChannels", channels, channels == "1", "1: save one channel alone")
    binary = header.get("BinaryData", "False")  # MetaIO's default
    require_field(path, "BinaryData", binary, _truth(binary), "True: save the voxels as binary")
    msb = _truth(header.get("BinaryDataByteOrderMSB", header.get("ElementByteOrderMSB", "False")))
    packed = _truth(header.get("CompressedData", "False"))
    name = header["ElementDataFile"]
    single = not name.startswith("LIST") and "%" not in name
    require_field(path, "ElementDataFile", name, single, "LOCAL or one file: join the slices into one")
    local = name.upper() == "LOCAL"
    file = path if local else path.parent / name
    if not file.is_file():
        msg = f"the file of the voxels must exist; {path} names {name}, and {file} does not exist. Put it there."
        raise VolumeError(msg)
    dtype = np.dtype(known[element]).newbyteorder(">" if msb else "<")
    voxels = VoxelFile(file, shape, dtype, packing="zlib" if packed else "raw")
    offset = header_bytes if local else int(header.get("HeaderSize", "0"))
    if offset == -1 and not packed:  # the voxels are what ends the file
        offset = file.stat().st_size - voxels.bytes
    require_field(path, "HeaderSize", header.get("HeaderSize"), offset >= 0, "-1 or the bytes before the voxels")
    return replace(voxels, offset=offset)


def _truth(text: str) -> bool:
    return text[:1] in ("T", "t", "1", "Y", "y")
