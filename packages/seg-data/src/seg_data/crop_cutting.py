"""Cut many 2D crops out of an array in memory, turned as they are wanted, in one call without the interpreter's lock.

For crops this small, what Python does around each copy would take longer than the copy. 3D crops gain nothing: numpy copies
them quicker than compiled loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

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
        self._voxels = array.reshape(-1)
        self._first = np.array(first)
        self._steps = np.array([array.shape[1] * array.shape[2], array.shape[2], 1])
        own = self._steps[list(axes)]
        # Turned or not, a crop is read along three strides from one of its corners.
        self._strides = np.array([own[list(turn.axes)] * np.where(turn.mirrored, -1, 1) for turn in symmetries])
        last = np.array([crop_shape[axis] - 1 for axis in range(3)])
        self._corners = np.array(
            [np.sum(np.where(turn.mirrored, last[list(turn.axes)] * own[list(turn.axes)], 0)) for turn in symmetries]
        )

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self._voxels.dtype

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
        first = (starts - self._first) @ self._steps + self._corners[symmetries]
        _cut(self._voxels, first, self._strides[symmetries], target, places)


@njit(nogil=True, cache=True)
def _cut(
    voxels: NDArray[Any],
    first: NDArray[np.int64],
    strides: NDArray[np.int64],
    target: NDArray[Any],
    places: NDArray[np.int64],
) -> None:  # pragma: no cover - compiled
    _, depth, rows, columns = target.shape
    for i in range(len(first)):
        step = strides[i, 2]
        for z in range(depth):
            for y in range(rows):
                start = first[i] + z * strides[i, 0] + y * strides[i, 1]
                row = target[places[i], z, y]
                if step == 1:
                    # A row of its own is copied many voxels at a time.
                    source = voxels[start : start + columns]
                    for x in range(columns):
                        row[x] = source[x]
                elif step == -1:
                    source = voxels[start - columns + 1 : start + 1]
                    for x in range(columns):
                        row[x] = source[columns - 1 - x]
                else:
                    for x in range(columns):
                        row[x] = voxels[start + x * step]
