"""Compiled kernels of the block-wise connected components: runs along x, union-find, faces between blocks.

A row of a segmentation is a handful of runs of equal codes, so joining runs costs far less than joining voxels, and no
label volume is written. All kernels that call each other live in this file: numba's cache on disk looks at the file of
the outer function only, so a helper elsewhere could change without its callers being compiled again.

Words used here: row r is the line of voxels along x at z = r // rows per plane, y = r % rows per plane; the runs of row
r are ``row_first[r]`` to ``row_first[r + 1]``. Runs and faces hold numbers of blobs: 0 for nothing, else blob id + 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, types

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.uint8] | NDArray[np.uint16]
    Ids = NDArray[np.int64]
    Columns = NDArray[np.int32]

# Declared by hand, so that a read-only block (a memory-mapped file) does not cost one more compilation.
_FIND_SIGNATURES = [
    types.int64(
        types.Array(number, 3, "C", readonly=True),
        types.int64,
        types.int64[::1],
        types.int32[::1],
        types.int32[::1],
        types.uint16[::1],
    )
    for number in (types.uint8, types.uint16)
]


@njit(_FIND_SIGNATURES, cache=True, nogil=True)
def find_runs(codes: Codes, row: int, row_first: Ids, start: Columns, stop: Columns, code: NDArray[np.uint16]) -> int:
    """Append first column, exclusive last column and code of the runs from `row` on, while there is room; return the next row.

    ``row_first[row]`` says where the first of them goes.
    """
    planes, rows, columns = codes.shape
    # One byte per voxel says whether it differs from the one before; eight of them are looked at in one go.
    words = np.zeros(columns // 8 + 1, np.uint64)
    differs = words.view(np.uint8)
    run = row_first[row]
    while row < planes * rows and run + columns < start.size:
        line = codes[row // rows, row % rows]
        differs[0] = line[0] != 0
        for x in range(1, columns):
            differs[x] = line[x] != line[x - 1]
        value = line[0] & 0
        for place in range(words.size):
            word = words[place]
            while word != 0:
                lowest = word & (~word + np.uint64(1))
                # The bit of byte k moves the number k up to the last byte.
                column = 8 * place + np.int64((lowest * np.uint64(0x0001020304050607)) >> np.uint64(56))
                word ^= lowest
                stop[run] = column
                run += value != 0
                value = line[column]
                start[run], code[run] = column, value
        if value != 0:
            stop[run] = columns
            run += 1
        row += 1
        row_first[row] = run
    return row
