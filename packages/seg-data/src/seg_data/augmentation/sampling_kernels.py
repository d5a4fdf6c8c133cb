"""Compiled kernels of the elastic deformation: where each voxel of the crop comes from, and what stands there.

`offsets` (2, 2, 2, 3) says how far (z, y, x) in voxels each corner of the crop lies from the voxel of the same index in the
source; those of the voxels between are trilinear in their place, so along a row of x they change by a constant step. Both
kernels walk the same positions: labels stay on the grey levels that they belong to. Both live in one file: numba's cache on
disk looks at the file of the outer function only, so a function elsewhere could change without its callers being compiled again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit, types

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Position = NDArray[np.float64]

_OFFSETS = types.float64[:, :, :, ::1]
# Declared by hand, so that nothing is compiled for a volume of another dtype: images come as reals, labels as places.
_LINEAR = [
    types.void(types.Array(real, 4, "C", readonly=True), _OFFSETS, real[:, :, :, ::1])
    for real in (types.float32, types.float64)
]
_NEAREST = types.void(types.int64, types.int64, types.int64, _OFFSETS, types.int64[:, :, ::1])


@njit(cache=True, nogil=True)
def _place_row(
    offsets: NDArray[np.float64], shape: tuple[int, int, int], z: int, y: int, first: Position, step: Position
) -> None:
    """Give the position in the source of the first voxel of a row, and the step to the next; both (z, y, x)."""
    across = z / (shape[0] - 1) if shape[0] > 1 else 0.0
    down = y / (shape[1] - 1) if shape[1] > 1 else 0.0
    for axis in range(3):
        near = (1 - down) * offsets[0, 0, 0, axis] + down * offsets[0, 1, 0, axis]
        far = (1 - down) * offsets[1, 0, 0, axis] + down * offsets[1, 1, 0, axis]
        left = (1 - across) * near + across * far
        near = (1 - down) * offsets[0, 0, 1, axis] + down * offsets[0, 1, 1, axis]
        far = (1 - down) * offsets[1, 0, 1, axis] + down * offsets[1, 1, 1, axis]
        right = (1 - across) * near + across * far
        first[axis] = left
        step[axis] = (right - left) / (shape[2] - 1) if shape[2] > 1 else 0.0
    first[0] += z
    first[1] += y
    step[2] += 1


@njit(cache=True, nogil=True)
def _inside(position: float, side: int) -> float:
    """Undo what rounding may add to a displacement that ends on the last voxel."""
    return min(max(position, 0.0), side - 1.0)


@njit(_LINEAR, cache=True, nogil=True)
def sample_linearly(source: NDArray[Any], offsets: NDArray[np.float64], crop: NDArray[Any]) -> None:
    """Fill `crop` (z, y, x, channel) with grey levels interpolated trilinearly between those of `source`, axes alike."""
    sides = source.shape
    channels = sides[3]
    first, step = np.empty(3), np.empty(3)
    for z in range(crop.shape[0]):
        for y in range(crop.shape[1]):
            _place_row(offsets, crop.shape[:3], z, y, first, step)
            for x in range(crop.shape[2]):
                at_z = _inside(first[0] + x * step[0], sides[0])
                at_y = _inside(first[1] + x * step[1], sides[1])
                at_x = _inside(first[2] + x * step[2], sides[2])
                z0, y0, x0 = int(at_z), int(at_y), int(at_x)
                z1, y1, x1 = min(z0 + 1, sides[0] - 1), min(y0 + 1, sides[1] - 1), min(x0 + 1, sides[2] - 1)
                wz, wy, wx = at_z - z0, at_y - y0, at_x - x0
                for c in range(channels):
                    a = source[z0, y0, x0, c] + wx * (source[z0, y0, x1, c] - source[z0, y0, x0, c])
                    b = source[z0, y1, x0, c] + wx * (source[z0, y1, x1, c] - source[z0, y1, x0, c])
                    a += wy * (b - a)
                    b = source[z1, y0, x0, c] + wx * (source[z1, y0, x1, c] - source[z1, y0, x0, c])
                    d = source[z1, y1, x0, c] + wx * (source[z1, y1, x1, c] - source[z1, y1, x0, c])
                    b += wy * (d - b)
                    crop[z, y, x, c] = a + wz * (b - a)


@njit(_NEAREST, cache=True, nogil=True)
def find_nearest(planes: int, rows: int, columns: int, offsets: NDArray[np.float64], place: NDArray[np.int64]) -> None:
    """Fill `place` (z, y, x) with the flat index of the voxel, in a source of this shape, that each voxel is nearest to."""
    first, step = np.empty(3), np.empty(3)
    for z in range(place.shape[0]):
        for y in range(place.shape[1]):
            _place_row(offsets, place.shape, z, y, first, step)
            for x in range(place.shape[2]):
                at_z = int(_inside(first[0] + x * step[0], planes) + 0.5)
                at_y = int(_inside(first[1] + x * step[1], rows) + 0.5)
                at_x = int(_inside(first[2] + x * step[2], columns) + 0.5)
                place[z, y, x] = (at_z * rows + at_y) * columns + at_x
