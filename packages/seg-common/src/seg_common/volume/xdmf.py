"""XDMF: an XML file that says which part of an HDF5 or raw file is a grid of cells, as DREAM.3D and ParaView write it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.dataset_choice import choose_dataset
from seg_common.volume.hdf5 import Hdf5Reader
from seg_common.volume.volume_axes import picked_axes, volume_axes
from seg_common.volume.voxel_file import VoxelFile, VoxelFileReader
from seg_common.volume.voxel_sizes import stated_voxel_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

NUMBER_KINDS = {"char": "i", "uchar": "u", "int": "i", "uint": "u", "short": "i", "ushort": "u", "float": "f"}
"""Kind of a number by its name in XDMF, which is said in any case."""
NUMBER_BYTES = {"char": 1, "uchar": 1, "short": 2, "ushort": 2}
"""Bytes of the numbers whose name says them; the others have four unless their precision is given."""
BYTE_ORDERS = {"little": "<", "big": ">", "native": "="}
UNIT = "voxel_size_unit"


class XdmfReader(ArrayReader):
    """One attribute of a regular grid; axes are z, y, x, as XDMF has them."""

    def __init__(self, path: Path, dataset: str | None, preferred: Sequence[str]) -> None:
        self.path = path
        try:
            root = ET.parse(path).getroot()
        except ET.ParseError as error:
            msg = f"the file must be readable XDMF; {path}: {error}. Is it truncated or of another format?"
            raise VolumeError(msg) from None
        arrays = {
            attribute.get("Name", "").strip("/"): (grid, item)
            for grid in root.iter("Grid")
            for attribute in grid.findall("Attribute")
            if (item := attribute.find("DataItem")) is not None
        }
        shapes = {name: _numbers(path, item.get("Dimensions")) for name, (_, item) in arrays.items()}
        self.dataset = choose_dataset(shapes, path, dataset, preferred)
        grid, item = arrays[self.dataset]
        self._array = _open_item(path, item, shapes[self.dataset])
        self.shape, self.dtype = self._array.shape, self._array.dtype
        self.chunk_shape = self._array.chunk_shape
        self.voxel_size, self.voxel_size_unit = stated_voxel_size(_spacing(grid), _unit(grid))

    def _read(self, box: Box) -> NDArray[Any]:
        return self._array.read(box)

    def close(self) -> None:
        """Close the file of the voxels; reading afterwards is an error."""
        super().close()
        self._array.close()


def _open_item(path: Path, item: ET.Element, shape: tuple[int, ...]) -> ArrayReader:
    """Open what a DataItem points to, and compare it with what the DataItem says."""
    kind = item.get("Format", "XML").upper()
    name = (item.text or "").strip()
    if kind not in ("HDF", "BINARY") or item.get("ItemType", "Uniform") != "Uniform":
        msg = f"the voxels must be in an HDF5 or a raw file; {path} has an item of format {kind}. Write them as HDF."
        raise VolumeError(msg)
    file_name, found, dataset = name.partition(":/") if kind == "HDF" else (name, "", "")
    file = path.parent / file_name
    if not file.is_file() or (kind == "HDF" and not found):
        msg = f"the file of the voxels must exist; {path} names {name!r}, and {file} does not exist. Put it there."
        raise VolumeError(msg)
    if kind == "BINARY":
        return _open_raw(path, file, item, shape)
    reader = Hdf5Reader(file, dataset, ())
    if prod(reader.shape) != prod(shape) or [n for n in reader.shape if n > 1] != [n for n in shape if n > 1]:
        reader.close()
        msg = f"the dimensions must be those of the dataset; {path} says {shape}, {reader} has {reader.shape}. Correct it."
        raise VolumeError(msg)
    return reader


def _open_raw(path: Path, file: Path, item: ET.Element, shape: tuple[int, ...]) -> ArrayReader:
    number = item.get("NumberType", item.get("DataType", "Float")).lower()
    width = item.get("Precision", str(NUMBER_BYTES.get(number, 4)))
    endian = item.get("Endian", "Native").lower()
    try:
        dtype = np.dtype(f"{BYTE_ORDERS[endian]}{NUMBER_KINDS[number]}{width}")
    except (KeyError, TypeError):
        msg = f"the voxels must be numbers; {path} says NumberType {number}, Precision {width}, Endian {endian}. Correct it."
        raise VolumeError(msg) from None
    compression = item.get("Compression", "Raw")
    if compression.lower() != "raw":
        msg = f"a raw file must not be compressed; {path} says Compression {compression}. Write the voxels as HDF."
        raise VolumeError(msg)
    (seek,) = _numbers(path, item.get("Seek", "0"))
    return VoxelFileReader(
        path, VoxelFile(file, picked_axes(shape, volume_axes(shape, f"an array of {path}")), dtype, seek)
    )


def _numbers(path: Path, text: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(n) for n in (text or "").split())
    except ValueError:
        msg = f"dimensions must be whole numbers; {path} has {text!r}. Correct it."
        raise VolumeError(msg) from None


def _spacing(grid: ET.Element) -> list[float] | None:
    """Spacing (z, y, x) of a regular grid; none where it is given in another way."""
    items = grid.findall("Geometry/DataItem")
    geometry = grid.find("Geometry")
    kind = "" if geometry is None else geometry.get("GeometryType", geometry.get("Type", ""))
    if kind.upper() != "ORIGIN_DXDYDZ" or len(items) != 2 or items[1].get("Format", "XML").upper() != "XML":
        return None
    try:
        return [float(n) for n in (items[1].text or "").split()]
    except ValueError:
        return None


def _unit(grid: ET.Element) -> str | None:
    for note in grid.findall("Information"):
        if note.get("Name") == UNIT:
            return note.get("Value")
    return None
