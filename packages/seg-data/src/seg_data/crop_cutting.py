"""Cut many crops out of an array in memory, turned as they are wanted, in one call without the interpreter's lock.

For small crops, what Python does around each copy would take longer than the copy. Large ones gain as well: rows are copied as a
whole by the system's `memcpy`, with less between them than numpy has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from seg_data.tile_copies import TILE, copy_backwards, copy_exchanged, copy_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.geometry.symmetries import Symmetry


class CropCutter:
    """Cuts crops of one shape out of one array.

    Parameters
    ----------
    array : ndarray, shape (z, y, x)
        Contiguous voxels.
    first : tuple of int
        Coordinates (z, y, x) of its first voxel.
    crop_shape : tuple of int
        Shape of the crops, axes (normal, rows, columns).
    axes : tuple of int
        Order of the array's axes (z, y, x) that makes them (normal, rows, columns).
    symmetries : sequence of Symmetry
        The ways a crop may be turned.
    """

    def __init__(
        self, array: NDArray[Any], first: Index3, crop_shape: Index3, axes: Index3, symmetries: Sequence[Symmetry]
    ) -> None:
        # Voxels are moved, not computed with: one compiled function serves all types of a size.
        self._integer = np.dtype(f"u{array.dtype.itemsize}")
        self._voxels = array.reshape(-1).view(self._integer)
        self._steps = np.array([array.shape[1] * array.shape[2], array.shape[2], 1], np.int64)
        self._shape = np.array(crop_shape, np.int64)
        own, last = self._steps[list(axes)], self._shape - 1
        # Turned or not, a crop is read along three strides from one of its corners.
        self._strides = np.array([own[list(turn.axes)] * np.where(turn.mirrored, -1, 1) for turn in symmetries])
        self._corners = np.array(
            [np.sum(np.where(turn.mirrored, last * own[list(turn.axes)], 0)) for turn in symmetries]
        )
        self._corners -= self._steps @ np.array(first)

    def cut(
        self,
        starts: NDArray[np.int64],
        symmetries: NDArray[np.int64],
        target: NDArray[Any],
        places: NDArray[np.int64],
    ) -> None:
        """Cut crops into places of a batch.

        Parameters
        ----------
        starts : ndarray of int64, shape (crop, 3)
            First voxels (z, y, x); the crops lie inside the array, which is not checked.
        symmetries : ndarray of int64, shape (crop,)
            Index of each crop's symmetry.
        target : ndarray, shape (place, normal, rows, columns)
            The batch, contiguous and of the array's dtype.
        places : ndarray of int64, shape (crop,)
            Where each crop goes.
        """
        _cut(
            self._voxels,
            starts,
            symmetries,
            self._steps,
            self._corners,
            self._strides,
            self._shape,
            target.reshape(-1).view(self._integer),
            places,
        )


@njit(nogil=True, cache=True)
def _cut(
    voxels: NDArray[Any],
    starts: NDArray[np.int64],
    symmetries: NDArray[np.int64],
    steps: NDArray[np.int64],
    corners: NDArray[np.int64],
    strides: NDArray[np.int64],
    shape: NDArray[np.int64],
    target: NDArray[Any],
    places: NDArray[np.int64],
) -> None:  # pragma: no cover - compiled
    for i in range(len(starts)):
        turn = symmetries[i]
        first = corners[turn]
        for axis in range(3):
            first += starts[i, axis] * steps[axis]
        to = places[i] * shape[0] * shape[1] * shape[2]
        along_z, along_y, along_x = strides[turn]
        if along_x == 1:
            for z in range(shape[0]):
                for y in range(shape[1]):
                    copy_row(target, to, voxels, first + z * along_z + y * along_y, shape[2])
                    to += shape[2]
        elif along_x == -1:
            for z in range(shape[0]):
                for y in range(shape[1]):
                    _copy_backwards(voxels, first + z * along_z + y * along_y, shape[2], target, to)
                    to += shape[2]
        else:
            # Voxels that lie side by side in the array belong to different rows of the crop, or to different planes.
            inner = 0 if abs(along_z) == 1 and shape[0] > 1 else 1
            to_steps = (shape[1] * shape[2], shape[2])
            for outer in range(shape[1 - inner]):
                _exchange(
                    voxels,
                    first + outer * strides[turn, 1 - inner],
                    (strides[turn, inner], along_x),
                    (shape[inner], shape[2]),
                    target,
                    to + outer * to_steps[1 - inner],
                    to_steps[inner],
                )


@njit(nogil=True, cache=True)
def _copy_backwards(
    voxels: NDArray[Any], last: int, count: int, target: NDArray[Any], to: int
) -> None:  # pragma: no cover - compiled
    """Copy a row from its last voxel to its first."""
    if count < TILE:
        for x in range(count):
            target[to + x] = voxels[last - x]
        return
    x = 0
    while x < count:
        x = min(x, count - TILE)  # the last vector may overlap the one before
        copy_backwards(target, to + x, voxels, last - x - TILE + 1)
        x += TILE


@njit(nogil=True, cache=True)
def _exchange(
    voxels: NDArray[Any],
    first: int,
    strides: tuple[int, int],
    shape: tuple[int, int],
    target: NDArray[Any],
    to: int,
    to_step: int,
) -> None:  # pragma: no cover - compiled
    """Copy a plane, ``target[to + i * to_step + j] = voxels[first + i * strides[0] + j * strides[1]]``, i and j below shape."""
    along, across = strides
    rows, columns = shape
    if abs(along) == 1 and rows >= TILE and columns >= TILE:
        j = 0
        while j < columns:
            j = min(j, columns - TILE)
            i = 0
            while i < rows:
                i = min(i, rows - TILE)
                place, start = to + i * to_step + j, first + i * along + j * across
                if along == 1:
                    copy_exchanged(target, place, to_step, voxels, start, across)
                else:
                    last = (TILE - 1) * to_step
                    copy_exchanged(target, place + last, -to_step, voxels, start - TILE + 1, across)
                i += TILE
            j += TILE
    elif abs(along) < abs(across):
        for j in range(columns):
            for i in range(rows):
                target[to + i * to_step + j] = voxels[first + i * along + j * across]
    else:
        for i in range(rows):
            for j in range(columns):
                target[to + i * to_step + j] = voxels[first + i * along + j * across]
