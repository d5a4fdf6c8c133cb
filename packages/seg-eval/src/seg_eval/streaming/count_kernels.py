"""Compiled kernels that count class pairs: by lattice cell and by slice, once per run of equal pairs; and all in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.uint8] | NDArray[np.uint16]
    Counts = NDArray[np.int64]
    Words = NDArray[np.uint64]


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

    `side` is a power of 2. `cells` has axes (z, y, x, reference class, predicted class), the slices (slice, class, kind) with the kinds
    reference, predicted, right.
    """
    planes, rows, columns = reference.shape
    # One byte per voxel says whether a pair begins; eight of them are looked at in one go. The last one ends the row.
    words = np.zeros(columns // 8 + 1, np.uint64)
    begins = words.view(np.uint8)
    # What begins and ends at each column: added up along x at the end, it is what each slice holds.
    steps = np.zeros((columns + 1, x_slices.shape[1], 3), np.int64)
    one, x_start, shift = np.uint64(1), np.uint64(start[2]), np.uint64(0)
    while np.int64(1) << shift < side:
        shift += one
    for z in range(planes):
        for y in range(rows):
            cell_row = cells[(start[0] + z) // side, (start[1] + y) // side]
            z_slice, y_slice = z_slices[start[0] + z], y_slices[start[1] + y]
            truth, answer = reference[z, y], prediction[z, y]
            for x in range(1, columns):
                begins[x] = (truth[x] != truth[x - 1]) | (answer[x] != answer[x - 1])
            begins[columns] = 1
            first = np.int64(0)
            for place in range(words.size):
                word = words[place]
                while word != 0:
                    lowest = word & (~word + np.uint64(1))
                    # The bit of byte k moves the number k up to the last byte.
                    stop = 8 * place + np.int64((lowest * np.uint64(0x0001020304050607)) >> np.uint64(56))
                    word ^= lowest
                    if truth[first] != 0:
                        # Unsigned places: numba need not ask whether they count from the end.
                        r, p = np.uint64(truth[first]) - one, np.uint64(answer[first]) - one
                        length = stop - first
                        z_slice[r, 0] += length
                        z_slice[p, 1] += length
                        y_slice[r, 0] += length
                        y_slice[p, 1] += length
                        begin, end = np.uint64(first), np.uint64(stop)
                        steps[begin, r, 0] += 1
                        steps[end, r, 0] -= 1
                        steps[begin, p, 1] += 1
                        steps[end, p, 1] -= 1
                        if r == p:
                            z_slice[r, 2] += length
                            y_slice[r, 2] += length
                            steps[begin, r, 2] += 1
                            steps[end, r, 2] -= 1
                        place_x, stop_x = x_start + begin, x_start + end
                        while place_x < stop_x:
                            cell = place_x >> shift
                            cut = min(stop_x, (cell + one) << shift)
                            cell_row[cell, r, p] += np.int64(cut - place_x)
                            place_x = cut
                    first = stop
    held = np.zeros(steps.shape[1:], np.int64)
    for x in range(columns):
        held += steps[x]
        x_slices[start[2] + x] += held


@njit(cache=True, nogil=True)
def count_words(truth: Words, answer: Words, n_classes: int, ignored: int, fours: Counts, single: Counts) -> bool:
    """Count pairs of bytes below 4, eight in each word: four make one place of a row of `fours`, shape (2, 65536).

    The lowest 4 bits of a place are those of the first pair, ``4 * truth + answer``. Words with larger bytes are counted byte by
    byte in `single`, shape (16,), those whose truth is `ignored` not at all. Returns False when a byte is no class.
    """
    low, high = fours[0], fours[1]
    for place in range(truth.size):
        one, other = truth[place], answer[place]
        if ((one | other) & np.uint64(0xFCFCFCFCFCFCFCFC)) != 0:
            for byte in range(8):
                t = (one >> np.uint64(8 * byte)) & np.uint64(255)
                p = (other >> np.uint64(8 * byte)) & np.uint64(255)
                if t != ignored:
                    if t >= n_classes or p >= n_classes:
                        return False
                    single[4 * t + p] += 1
            continue
        # Half a byte each, then two of them in a byte, then four in two bytes.
        pairs = (one << np.uint64(2)) | other
        pairs = (pairs | (pairs >> np.uint64(4))) & np.uint64(0x00FF00FF00FF00FF)
        pairs |= pairs >> np.uint64(8)
        # Two tables: the next addition need not wait for the last one.
        low[pairs & np.uint64(0xFFFF)] += 1
        high[(pairs >> np.uint64(32)) & np.uint64(0xFFFF)] += 1
    return True
