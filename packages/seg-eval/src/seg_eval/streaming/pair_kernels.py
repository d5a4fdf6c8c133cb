"""Compiled kernels that count pairs of segments in a hash table, once per run of equal pairs and not once per voxel.

A slot of the table holds a pair and its voxels; a slot with no voxels is free. All kernels that call each other live in
this file, as numba's cache wants it; the words are those of `run_kernels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    Columns = NDArray[np.int32]
    Numbers = NDArray[np.uint32]
    Labels = NDArray[Any]
    Index = int | np.int64


@njit(cache=True, nogil=True)
def _add(table: Ids, first: Index, second: Index, voxels: int) -> int:
    """Add voxels to a pair; return 1 when the pair is new."""
    mask = np.uint64(table.shape[0] - 1)
    mixed = np.uint64(first) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(second)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    slot = (mixed ^ (mixed >> np.uint64(29))) & mask
    while table[slot, 2] != 0:
        if table[slot, 0] == first and table[slot, 1] == second:
            table[slot, 2] += voxels
            return 0
        slot = (slot + np.uint64(1)) & mask
    table[slot, 0], table[slot, 1], table[slot, 2] = first, second, voxels
    return 1


@njit(cache=True, nogil=True)
def add_pairs(table: Ids, first: Ids, second: Ids, voxels: Ids) -> int:
    """Add listed pairs, for which there is room; return how many are new."""
    new = 0
    for k in range(first.size):
        new += _add(table, first[k], second[k], voxels[k])
    return new


@njit(cache=True, nogil=True)
def add_component_rows(
    table: Ids,
    used: int,
    row: int,
    rows: int,
    a_first: Ids,
    a_start: Columns,
    a_stop: Columns,
    a_blob: Numbers,
    b_first: Ids,
    b_start: Columns,
    b_stop: Columns,
    b_blob: Numbers,
) -> tuple[int, int]:
    """Add the overlaps of two sets of runs from `row` on, until the table is half full; return the next row and the pairs."""
    while row < rows:
        a, a_end, b, b_end = a_first[row], a_first[row + 1], b_first[row], b_first[row + 1]
        if 2 * (used + (a_end - a) + (b_end - b)) > table.shape[0]:
            break
        while a < a_end and b < b_end:
            low, high = max(a_start[a], b_start[b]), min(a_stop[a], b_stop[b])
            if low < high:
                used += _add(table, np.int64(a_blob[a]) - 1, np.int64(b_blob[b]) - 1, high - low)
            if a_stop[a] <= b_stop[b]:
                a += 1
            else:
                b += 1
        row += 1
    return row, used


@njit(cache=True, nogil=True)
def add_label_rows(
    table: Ids, used: int, row: int, reference: Labels, prediction: Labels, ignored: Ids
) -> tuple[int, int]:
    """Add the pairs of labels of rows (row, x) from `row` on, until the table is half full; return the next row and the pairs."""
    rows, columns = reference.shape
    while row < rows:
        if 2 * (used + columns) > table.shape[0]:
            break
        x = 0
        while x < columns:
            first, second, start = reference[row, x], prediction[row, x], x
            while x < columns and reference[row, x] == first and prediction[row, x] == second:
                x += 1
            one, other = np.int64(first), np.int64(second)  # unsigned 64-bit ids keep their bits
            left_out = False
            for label in ignored:
                left_out |= label == one
            if not left_out:
                used += _add(table, one, other, x - start)
        row += 1
    return row, used
