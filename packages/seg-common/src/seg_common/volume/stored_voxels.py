"""Voxels that lie one after the other in a file, read piece by piece where a box needs them.

The file is not mapped into memory: the system maps much more than is read around every row of a box, all of which counts as the
process's memory. One crop of 96^3 voxels of a volume of 1024^3 was measured to take 62 MiB.
"""

from __future__ import annotations

import os
from math import prod
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from seg_common.errors import VolumeError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3

BAND_BYTES = 2**22
"""Whole rows that are read at a time for a box that is narrower than they are."""
LONGEST_GAP = 2**15
"""Unwanted bytes between two rows of a box above which each row is read alone; a call was measured to take as long as these."""
LARGEST_READ = 2**30
"""Some systems read less than two gigabytes in one call."""


class StoredVoxels:
    """An array of voxels in an open file. Threads may share it.

    Parameters
    ----------
    file : int
        Descriptor of a file open for reading; closed with this, or when nothing refers to this any more.
    dtype : dtype
        Type of the voxels with their byte order.
    offset : int
        Bytes before the first voxel.
    shape : tuple of int
        Voxels along (z, y, x), x fastest.

    Raises
    ------
    ValueError
        If the file ends before the last voxel.
    """

    def __init__(self, file: int, dtype: np.dtype[Any], offset: int, shape: Index3) -> None:
        self._file: int | None = file
        self._dtype = dtype
        self._offset = offset
        self._shape = shape
        self._lock = Lock()
        needed, size = offset + prod(shape) * dtype.itemsize, os.fstat(file).st_size
        if size < needed:
            self.close()
            msg = f"it has {size} bytes, and its last voxel ends at byte {needed}"
            raise ValueError(msg)

    @classmethod
    def of(cls, path: Path, dtype: np.dtype[Any], offset: int, shape: Index3) -> Self:
        """Open a file."""
        return cls(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), dtype, offset, shape)

    def read(self, box: Box) -> NDArray[Any]:
        """Read a box that lies inside the array, in the machine's byte order; always a copy."""
        voxels = np.empty(box.shape, self._dtype)
        _, rows, columns = self._shape
        if box.shape[2] == columns and box.shape[1] == rows:
            self._fill(voxels, box.start[0] * rows * columns)
        elif box.shape[2] == columns:
            for z, target in enumerate(voxels, start=box.start[0]):
                self._fill(target, (z * rows + box.start[1]) * columns)
        elif (columns - box.shape[2]) * self._dtype.itemsize > LONGEST_GAP:
            for z, plane in enumerate(voxels, start=box.start[0]):
                for y, target in enumerate(plane, start=box.start[1]):
                    self._fill(target, (z * rows + y) * columns + box.start[2])
        else:
            self._pick(voxels, box)
        return voxels.astype(self._dtype.newbyteorder("="), copy=False)

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def __del__(self) -> None:
        self.close()

    def _pick(self, voxels: NDArray[Any], box: Box) -> None:
        """Read whole rows, many in a call, and take what is wanted: quicker than a call for each row."""
        _, rows, columns = self._shape
        band = min(box.shape[1], max(1, BAND_BYTES // (columns * self._dtype.itemsize)))
        # One buffer for all bands stays in the processor's cache.
        whole = np.empty((band, columns), self._dtype)
        for z, plane in enumerate(voxels, start=box.start[0]):
            for y in range(0, len(plane), band):
                wanted = plane[y : y + band]
                self._fill(whole[: len(wanted)], (z * rows + box.start[1] + y) * columns)
                wanted[...] = whole[: len(wanted), box.start[2] : box.stop[2]]

    def _fill(self, target: NDArray[Any], first: int) -> None:
        """Read consecutive voxels into a contiguous array."""
        place = self._offset + first * self._dtype.itemsize
        left = target.reshape(-1).view(np.uint8).data
        while left:
            count = self._read_at(left[:LARGEST_READ], place)
            if not count:
                msg = f"the file ends at byte {place}, before the last voxel of {prod(self._shape)}"
                raise VolumeError(msg)
            left, place = left[count:], place + count

    def _read_at(self, target: memoryview, place: int) -> int:
        if self._file is None:
            msg = "voxels are read until their file is closed; it is closed"
            raise VolumeError(msg)
        if hasattr(os, "preadv"):
            return os.preadv(self._file, [target], place)
        with self._lock:
            os.lseek(self._file, place, os.SEEK_SET)
            read = os.read(self._file, len(target))
        target[: len(read)] = read
        return len(read)
