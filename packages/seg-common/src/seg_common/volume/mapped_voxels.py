"""Voxels of a file mapped into memory, whose pages are given back while one reads on."""

from __future__ import annotations

import mmap
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

RESIDENT_BYTES = 2**26
"""Pages of a file that may stay in the process's memory, about."""
FAULT_BYTES = 2**16
"""What the system maps at a time around the place that is read."""


class MappedVoxels:
    """A mapped array (z, y, x).

    Every page that is read stays in the process's memory until the mapping ends, so that reading a large volume crop by crop
    would take memory of its size in the end. After some reading, pages are given back: they stay in the system's cache as long as
    there is room, and views that were handed out stay valid.

    Parameters
    ----------
    array : ndarray, shape (z, y, x)
        A `numpy.memmap` or a view of one; read only.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        base: Any = array
        while isinstance(base, np.ndarray):
            base = base.base
        self._map = base if isinstance(base, mmap.mmap) else None
        self._lock = Lock()
        self._resident = 0

    def read(self, box: Box, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Give the voxels of a box inside the array in another byte order, or as a view of the file."""
        depth, rows, _ = box.shape
        self._make_room(depth * (rows * self._array.strides[1] + FAULT_BYTES))
        return np.asarray(self._array[box.slices()], dtype=dtype)

    def _make_room(self, size: int) -> None:
        with self._lock:
            self._resident += size
            # Some systems cannot be told; they take pages back by themselves when memory is short.
            advice = getattr(mmap, "MADV_DONTNEED", None)
            if self._resident >= RESIDENT_BYTES and self._map is not None and advice is not None:
                self._map.madvise(advice)
                self._resident = size
