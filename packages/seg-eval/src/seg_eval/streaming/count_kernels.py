"""Compiled kernels that count class pairs by lattice cell and by slice, once per run of equal pairs where that is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.uint8] | NDArray[np.uint16]
    Counts = NDArray[np.int64]


@njit(cache=True, nogil=True)
def count_block(
    reference: Codes,
    prediction: Codes,
    start: Counts,
    side: int,
    cells: Counts,
    z_slices: Counts,
    y_slices: Counts,
    x_slices: Counts,
) -> None:
    """Count a block that begins at `start` of the region; codes are class indices plus one, 0 in the reference is left out.

    `cells` has axes (z, y, x, reference class, predicted class), the slices (slice, class, kind) with the kinds
    reference, predicted, right.
    """
    planes, rows, columns = reference.shape
    for z in range(planes):
        for y in range(rows):
            cell_row = cells[(start[0] + z) // side, (start[1] + y) // side]
            z_slice, y_slice = z_slices[start[0] + z], y_slices[start[1] + y]
            truth, answer = reference[z, y], prediction[z, y]
            x = 0
            while x < columns:
                r, p, first = np.int64(truth[x]) - 1, np.int64(answer[x]) - 1, x
                cell = (start[2] + x) // side
                stop = min(columns, (cell + 1) * side - start[2])
                while x < stop and truth[x] == r + 1 and answer[x] == p + 1:
                    x += 1
                if r < 0:
                    continue
                length = x - first
                cell_row[cell, r, p] += length
                z_slice[r, 0] += length
                z_slice[p, 1] += length
                y_slice[r, 0] += length
                y_slice[p, 1] += length
                if r == p:
                    z_slice[r, 2] += length
                    y_slice[r, 2] += length
                for k in range(start[2] + first, start[2] + x):
                    x_slices[k, r, 0] += 1
                    x_slices[k, p, 1] += 1
                    if r == p:
                        x_slices[k, r, 2] += 1
