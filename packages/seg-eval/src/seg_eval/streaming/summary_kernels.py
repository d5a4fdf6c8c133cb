"""Compiled kernel that counts small blobs by size and by box shape, in tables that stay in the cache of the processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Box = NDArray[np.int32]

SMALL_SIDE = 16
"""Boxes with shorter sides, and blobs of fewer voxels than such a cube has, are small."""
SMALL = SMALL_SIDE**3
"""Length of the tables of sizes, and of shapes with the place ``(z * SMALL_SIDE + y) * SMALL_SIDE + x``."""


@njit(cache=True, nogil=True)
def count_small(
    code: NDArray[np.uint16],
    wanted: int,
    voxels: Counts,
    box_start: Box,
    box_stop: Box,
    first_voxel: Counts,
    lowest: Counts,
    highest: Counts,
    least: int,
    sizes: Counts,
    shapes: Counts,
    firsts: Counts,
    large: NDArray[np.bool_],
    long: NDArray[np.bool_],
    listed: NDArray[np.bool_],
) -> int:
    """Count the blobs of one code, or all of them when `wanted` is 0.

    `firsts` gets the least first voxel of each shape. Blobs that the tables do not hold are marked as `large` or `long`, and
    those of at least `least` voxels as `listed`. Returns how many begin at `lowest` or end at `highest` on an axis.
    """
    touching = 0
    for blob in range(voxels.size):
        if wanted != 0 and code[blob] != wanted:
            continue
        if voxels[blob] < SMALL:
            sizes[voxels[blob]] += 1
        else:
            large[blob] = True
        listed[blob] = voxels[blob] >= least
        shape, longest, touches = np.int64(0), np.int64(0), 0
        for axis in range(3):
            start, stop = np.int64(box_start[blob, axis]), np.int64(box_stop[blob, axis])
            shape = shape * SMALL_SIDE + stop - start
            longest = max(longest, stop - start)
            if start <= lowest[axis] or stop >= highest[axis]:
                touches = 1
        touching += touches
        if longest < SMALL_SIDE:
            shapes[shape] += 1
            firsts[shape] = min(firsts[shape], first_voxel[blob])
        else:
            long[blob] = True
    return touching
