"""TIFF stacks: one file with many pages, or a folder with one file per slice in natural order."""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from seg_common.errors import VolumeError
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

SUFFIXES = (".tif", ".tiff")


class TiffReader(ArrayReader):
    """One multi-page file; mapped into memory where its pages lie uncompressed one after the other."""

    dataset = None

    def __init__(self, path: Path) -> None:
        try:
            self._file = tifffile.TiffFile(path)
            series = self._file.series[0]
        except (tifffile.TiffFileError, OSError, IndexError, ValueError) as error:
            msg = f"the file must be readable TIFF; {path}: {error}. Is it truncated?"
            raise VolumeError(msg) from None
        shape = tuple(n for n in series.shape if n != 1) if series.ndim > 3 else series.shape
        if series.ndim == 2:
            shape = (1, *series.shape)
        if len(shape) != 3 or "S" in series.axes:
            self._file.close()
            msg = f"a volume has three axes (z, y, x); {path} has axes {series.axes} of shape {series.shape}."
            raise VolumeError(msg)
        self.path = path
        self.shape = shape
        self.dtype = series.dtype.newbyteorder("=")
        self._pages = series.pages
        self._lock = Lock()
        self._array: NDArray[Any] | None = None
        if series.dataoffset is not None:
            self._array = np.memmap(
                path, series.dtype.newbyteorder(self._file.byteorder), "r", series.dataoffset, shape
            )

    def _read(self, box: Box) -> NDArray[Any]:
        z, y, x = box.slices()
        if self._array is not None:
            return np.asarray(self._array[z, y, x], dtype=self.dtype)
        with self._lock:
            return np.stack([_page_array(self._pages[i], self)[y, x] for i in range(z.start, z.stop)])

    def close(self) -> None:
        self._file.close()


class TiffFolderReader(ArrayReader):
    """One file per slice, in natural order: ``slice2`` comes before ``slice10``."""

    dataset = None

    def __init__(self, path: Path) -> None:
        self._files = sorted((f for f in path.iterdir() if f.suffix.lower() in SUFFIXES), key=_natural_order)
        if not self._files:
            msg = f"a folder of slices must hold .tif or .tiff files; {path} holds none."
            raise VolumeError(msg)
        with TiffReader(self._files[0]) as first:
            slices, rows, columns = first.shape
            self.dtype = first.dtype
        if slices != 1:
            msg = f"a folder of slices must hold one slice per file; {self._files[0]} has {slices}. Give that file."
            raise VolumeError(msg)
        self.path = path
        self.shape = (len(self._files), rows, columns)

    def _read(self, box: Box) -> NDArray[Any]:
        z, y, x = box.slices()
        slices = []
        for file in self._files[z]:
            with TiffReader(file) as reader:
                if (*reader.shape, reader.dtype) != (1, *self.shape[1:], self.dtype):
                    msg = (
                        f"all slices must have shape {self.shape[1:]} and dtype {self.dtype}; "
                        f"{file} has {reader.shape[1:]} and {reader.dtype}."
                    )
                    raise VolumeError(msg)
                slices.append(reader[0, y, x])
        return np.stack(slices)


def _page_array(page: Any, reader: TiffReader) -> NDArray[Any]:
    """Decode a page; compressions that need imagecodecs say so."""
    try:
        array: NDArray[Any] = page.asarray()
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        msg = f"the compression of {reader} needs the package imagecodecs: pip install 'seg-common[tiff]'."
        raise VolumeError(msg) from None
    return array.astype(reader.dtype, copy=False)


def _natural_order(path: Path) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", path.name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
