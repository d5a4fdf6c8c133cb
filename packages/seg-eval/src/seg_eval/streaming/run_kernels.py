"""Compiled kernels that find the runs along x of which blobs are made.

A row of a segmentation is a handful of runs of equal codes, so joining runs costs far less than joining voxels, and no
label volume is written. All kernels that call each other live in one file: numba's cache on disk looks at the file of
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
    RunCodes = NDArray[np.uint16]

MISSED, INVENTED, ANY = -1, -2, -3
"""What a run of wrong voxels counts as: its reference class, its predicted class, or just wrong; `kind_runs` also takes a class."""

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
def find_runs(codes: Codes, row: int, row_first: Ids, start: Columns, stop: Columns, code: RunCodes) -> int:
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


@njit(cache=True, nogil=True)
def find_wrong_runs(
    reference: Codes,
    prediction: Codes,
    row: int,
    row_first: Ids,
    start: Columns,
    stop: Columns,
    missed: RunCodes,
    invented: RunCodes,
) -> int:
    """Append the runs of equal pairs of codes that differ, as `find_runs` does; 0 in the reference is never wrong."""
    planes, rows, columns = reference.shape
    words = np.zeros(columns // 8 + 1, np.uint64)
    differs = words.view(np.uint8)
    truth, answer = np.empty(columns, reference.dtype), np.empty(columns, prediction.dtype)
    run = row_first[row]
    while row < planes * rows and run + columns < start.size:
        one, other = reference[row // rows, row % rows], prediction[row // rows, row % rows]
        for x in range(columns):
            wrong = (one[x] != other[x]) & (one[x] != 0)
            truth[x] = one[x] if wrong else 0
            answer[x] = other[x] if wrong else 0
        differs[0] = truth[0] != 0
        for x in range(1, columns):
            differs[x] = (truth[x] != truth[x - 1]) | (answer[x] != answer[x - 1])
        value = truth[0] & 0
        for place in range(words.size):
            word = words[place]
            while word != 0:
                lowest = word & (~word + np.uint64(1))
                column = 8 * place + np.int64((lowest * np.uint64(0x0001020304050607)) >> np.uint64(56))
                word ^= lowest
                stop[run] = column
                run += value != 0
                value = truth[column]
                start[run], missed[run], invented[run] = column, value, answer[column]
        if value != 0:
            stop[run] = columns
            run += 1
        row += 1
        row_first[row] = run
    return row


@njit(cache=True, nogil=True)
def kind_runs(
    wrong_first: Ids,
    wrong_start: Columns,
    wrong_stop: Columns,
    missed: RunCodes,
    invented: RunCodes,
    rows: int,
    kind: int,
    across: int,
    n_codes: int,
    origin: Ids,
    row: int,
    row_first: Ids,
    start: Columns,
    stop: Columns,
    code: RunCodes,
) -> int:
    """Append the runs that one kind of error makes of wrong runs, as `find_runs` does.

    `kind` is one of the numbers above, or the code of a class that was missed or invented. Slices across an axis get codes of
    their own by the parity of their index, which begins at `origin`; with `across` -1 the slices of no axis are kept apart.
    """
    columns = wrong_stop.max() if wrong_stop.size else 0
    run = row_first[row]
    while row < wrong_first.size - 1 and run + columns < start.size:
        parity = 0
        if across == 0:
            parity = (origin[0] + row // rows) % 2
        elif across == 1:
            parity = (origin[1] + row % rows) % 2
        for wrong in range(wrong_first[row], wrong_first[row + 1]):
            if kind == MISSED:
                value = np.int64(missed[wrong])
            elif kind == INVENTED:
                value = np.int64(invented[wrong])
            else:
                value = np.int64(kind == ANY or missed[wrong] == kind or invented[wrong] == kind)
            if value == 0:
                continue
            if across == 2:
                for x in range(wrong_start[wrong], wrong_stop[wrong]):
                    start[run], stop[run], code[run] = x, x + 1, value + n_codes * ((origin[2] + x) % 2)
                    run += 1
                continue
            value += n_codes * parity
            if run > row_first[row] and stop[run - 1] == wrong_start[wrong] and code[run - 1] == value:
                stop[run - 1] = wrong_stop[wrong]
            else:
                start[run], stop[run], code[run] = wrong_start[wrong], wrong_stop[wrong], value
                run += 1
        row += 1
        row_first[row] = run
    return row
