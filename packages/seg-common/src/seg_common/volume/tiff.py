"""TIFF stacks: one file with many pages, or a folder with one file per slice in natural order."""

from __future__ import annotations

import logging
import re
import struct
import zlib
from contextlib import ExitStack, contextmanager
from lzma import LZMAError
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from seg_common.errors import MissingDependencyError, SegError, VolumeError
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.stored_voxels import StoredVoxels
from seg_common.volume.tiff_voxel_size import tiff_voxel_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3


# What damaged files make the decoders raise; tifffile checks little of what it reads.
DAMAGE = (OSError, ValueError, LookupError, TypeError, RuntimeError, struct.error, zlib.error, LZMAError)


class TiffReader(ArrayReader):
    """One multi-page file; mapped into memory where its pages lie uncompressed one after the other."""

    dataset = None

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._stored: StoredVoxels | None = None
        self._decoded: NDArray[Any] | None = None
        with ExitStack() as undo:
            with _damage_is_an_error(path):
                self._file = undo.enter_context(tifffile.TiffFile(path))
                self._open_pages()
                self.voxel_size, self.voxel_size_unit = tiff_voxel_size(self._file)
            undo.pop_all()

    def _open_pages(self) -> None:
        series = self._file.series
        first = series[0]
        if len(series) == 1 or first.ndim > 2:
            _require_one_image(self.path, len(series))
            self.shape = _volume_shape(self.path, first.axes, first.shape)
            self._pages: Any = first.pages
            offset = first.dataoffset
            if offset is None and len(first.pages) != self.shape[0]:
                # Pages are not slices: all of them are decoded, into a temporary file.
                self._decoded = first.asarray(out="memmap").reshape(self.shape)
        else:  # written slice by slice, so that each page is a series of its own
            self.shape = _volume_shape(self.path, first.axes, (len(series), *first.shape))
            for one in series:
                _require_alike(self.path, (one.shape, one.dtype), (first.shape, first.dtype))
            self._pages = [one.pages[0] for one in series]
            offset = None
        self.dtype = first.dtype.newbyteorder("=")
        if offset is not None:
            dtype = first.dtype.newbyteorder(self._file.byteorder)
            self._stored = StoredVoxels.of(self.path, dtype, offset, self.shape)
        elif self._decoded is None:
            self.chunk_shape = (1, *self.shape[1:])

    def _read(self, box: Box) -> NDArray[Any]:
        if self._stored is not None:
            return self._stored.read(box)
        z, y, x = box.slices()
        if self._decoded is not None:
            return self._decoded[z, y, x].astype(self.dtype)
        with self._lock:
            return np.stack([self._decode(page)[y, x] for page in range(z.start, z.stop)])

    def _decode(self, page: int) -> NDArray[Any]:
        with _damage_is_an_error(self.path):
            array: NDArray[Any] = self._pages[page].asarray().reshape(self.shape[1:])
        return array.astype(self.dtype, copy=False)

    def close(self) -> None:
        """Close the file; reading afterwards is an error."""
        super().close()
        self._file.close()
        if self._stored is not None:
            self._stored.close()


class TiffFolderReader(ArrayReader):
    """One file per slice, in natural order: ``slice2`` comes before ``slice10``; hidden files are left out."""

    dataset = None

    def __init__(self, path: Path) -> None:
        files = (f for f in path.iterdir() if f.suffix.lower() in (".tif", ".tiff") and not f.name.startswith("."))
        self._files = sorted(files, key=natural_order)
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
        self.chunk_shape = (1, rows, columns)

    def _read(self, box: Box) -> NDArray[Any]:
        z, y, x = box.slices()
        slices = []
        for file in self._files[z]:
            with TiffReader(file) as reader:
                _require_alike(file, (reader.shape, reader.dtype), ((1, *self.shape[1:]), self.dtype))
                slices.append(reader[0, y, x])
        return np.stack(slices)


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """Sort key of a file name in which numbers count as numbers."""
    parts = re.split(r"([0-9]+)", path.name)
    return [(1, int(part), "") if index % 2 else (0, 0, part) for index, part in enumerate(parts)]


def _volume_shape(path: Path, axes: str, shape: tuple[int, ...]) -> Index3:
    """Shape (z, y, x); axes of one voxel beyond the three are left out, a single slice is a volume of one."""
    if len(shape) == 2:
        shape = (1, *shape)
    if len(shape) > 3:
        shape = tuple(n for n in shape[:-2] if n != 1) + shape[-2:]
    if len(shape) != 3 or "S" in axes:
        msg = f"a volume has three axes (z, y, x); {path} has axes {axes} of shape {shape}. Save one channel alone."
        raise VolumeError(msg)
    return shape[0], shape[1], shape[2]


def _require_one_image(path: Path, images: int) -> None:
    if images > 1:
        msg = f"a TIFF stack must hold one image; {path} holds {images}. Save the volume alone in a file."
        raise VolumeError(msg)


def _require_alike(path: Path, found: tuple[Any, Any], expected: tuple[Any, Any]) -> None:
    if found != expected:
        msg = (
            f"all slices must have one shape and dtype; {path} has {found[0]} and {found[1]}, "
            f"the first slice {expected[0]} and {expected[1]}. Remove or convert the slice that differs."
        )
        raise VolumeError(msg)


@contextmanager
def _damage_is_an_error(path: Path) -> Iterator[None]:
    """Raise VolumeError for what tifffile raises, and for what it only logs before it goes on with fewer pages."""
    logged: list[str] = []
    thread = get_ident()

    def catch(record: logging.LogRecord) -> bool:
        mine = record.levelno >= logging.ERROR and record.thread == thread
        if mine:
            logged.append(record.getMessage())
        return not mine

    logger = tifffile.logger()
    logger.addFilter(catch)
    try:
        yield
        if logged:
            raise VolumeError(_damage(path, logged[0]))
    except SegError:
        raise
    except DAMAGE as error:
        if "imagecodecs" in str(error):
            msg = f"the compression of {path} needs the package imagecodecs: pip install 'seg-common[tiff]'."
            raise MissingDependencyError(msg) from None
        raise VolumeError(_damage(path, error)) from None
    finally:
        logger.removeFilter(catch)


def _damage(path: Path, reason: object) -> str:
    return f"the file must be readable TIFF; {path}: {' '.join(str(reason).split())}. Is it truncated or damaged?"
