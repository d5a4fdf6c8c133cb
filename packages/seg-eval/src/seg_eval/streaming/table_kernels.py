"""Compiled kernels of the table of blobs: runs become blobs, blobs that touch are joined, joined ones are merged.

The statistics of a blob are one row of 64 bytes, so that a change touches one or two cache lines. All kernels that call
each other, and what they know of the rows, live in this file: numba's cache on disk looks at the file of the outer function
only. The words are those of `run_kernels`; a number of a blob is 0 for nothing, else its id + 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.uint16]
    Ids = NDArray[np.int64]
    Columns = NDArray[np.int32]
    Numbers = NDArray[np.uint32]
    Index = int | np.int64

VOXELS, SUMS, FIRST, WIDE = 0, 1, 4, 8
"""Columns of a row of int64: voxels, coordinate sums (3), first voxel; and how many there are."""
START, STOP = 10, 13
"""Columns of the same row as int32, which the rest of it holds: box start (3), box stop (3)."""


@njit(cache=True, nogil=True)
def _root(parent: Numbers, i: Index) -> Index:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = np.int64(parent[i])
    return i


@njit(cache=True, nogil=True)
def _join(parent: Numbers, i: Index, j: Index) -> Index:
    """Join two blobs and return the root of both."""
    # The smaller number becomes the root: a parent is never larger than its child, which numbering relies on.
    i, j = _root(parent, i), _root(parent, j)
    if i < j:
        parent[j] = i
        return i
    parent[i] = j
    return j


@njit(cache=True, nogil=True)
def _touch_row(
    parent: Numbers,
    start: Columns,
    stop: Columns,
    code: NDArray[np.uint16],
    blob: Numbers,
    a: Index,
    a_end: Index,
    b: Index,
    b_end: Index,
    reach: int,
) -> None:
    """Let runs belong to the blobs that they touch in a row before; `reach` 1 lets them touch across a corner."""
    # Unsigned places: numba need not ask whether they count from the end.
    one, above, above_end = np.uint64(1), np.uint64(a), np.uint64(a_end)
    run, run_end = np.uint64(b), np.uint64(b_end)
    while run < run_end:
        first, last, kind = start[run] - reach, stop[run] + reach, code[run]
        while above < above_end and stop[above] <= first:
            above += one
        other = above
        while other < above_end and start[other] < last:
            if code[other] == kind and blob[other] != blob[run]:
                if blob[run] == 0:
                    blob[run] = blob[other]
                else:
                    blob[run] = _join(parent, np.int64(blob[other]) - 1, np.int64(blob[run]) - 1) + 1
            other += one
        run += one


@njit(cache=True, nogil=True)
def label_runs(
    row: int,
    end: int,
    rows: int,
    connectivity: int,
    row_first: Ids,
    start: Columns,
    stop: Columns,
    code: Codes,
    blob: Numbers,
    origin: Ids,
    region_start: Ids,
    region_shape: Ids,
    count: int,
    wide: Ids,
    narrow: Columns,
    table_code: Codes,
    parent: Numbers,
) -> tuple[int, int]:
    """Give the runs from `row` on to the blobs that they touch in rows before, or to new ones, while there is room.

    The voxel at row 0, column 0 lies at `origin`. Returns the next row and the number of blobs.
    """
    while row < end and count + row_first[row + 1] - row_first[row] <= parent.size:
        b, b_end = row_first[row], row_first[row + 1]
        y = row % rows
        blob[b:b_end] = 0
        if b < b_end:
            if y > 0:
                reach = min(1, connectivity - 1)
                _touch_row(parent, start, stop, code, blob, row_first[row - 1], b, b, b_end, reach)
            if row >= rows:
                for dy in range(-1, 2):
                    reach = min(1, connectivity - 1 - abs(dy))
                    if reach >= 0 and 0 <= y + dy < rows:
                        above = row - rows + dy
                        _touch_row(
                            parent, start, stop, code, blob, row_first[above], row_first[above + 1], b, b_end, reach
                        )
        z, y = origin[0] + row // rows, origin[1] + y
        flat_row = ((z - region_start[0]) * region_shape[1] + y - region_start[1]) * region_shape[2] - region_start[2]
        for run in range(b, b_end):
            x, x_stop = origin[2] + start[run], origin[2] + stop[run]
            length = x_stop - x
            x_sum = (x + x_stop - 1) * length // 2
            if blob[run] == 0:
                # Runs come in raster order, so the first one knows the lowest z and the first voxel.
                wide[count, VOXELS], wide[count, FIRST] = length, flat_row + x
                wide[count, SUMS], wide[count, SUMS + 1], wide[count, SUMS + 2] = z * length, y * length, x_sum
                narrow[count, START], narrow[count, START + 1], narrow[count, START + 2] = z, y, x
                narrow[count, STOP], narrow[count, STOP + 1], narrow[count, STOP + 2] = z + 1, y + 1, x_stop
                table_code[count], parent[count] = code[run], count
                count += 1
                blob[run] = count
            else:
                k = np.int64(blob[run]) - 1
                wide[k, VOXELS] += length
                wide[k, SUMS] += z * length
                wide[k, SUMS + 1] += y * length
                wide[k, SUMS + 2] += x_sum
                narrow[k, START + 1], narrow[k, START + 2] = min(narrow[k, START + 1], y), min(narrow[k, START + 2], x)
                narrow[k, STOP] = z + 1
                narrow[k, STOP + 1] = max(narrow[k, STOP + 1], y + 1)
                narrow[k, STOP + 2] = max(narrow[k, STOP + 2], x_stop)
        row += 1
    return row, count


@njit(cache=True, nogil=True)
def _touch_face_row(
    parent: Numbers, table_code: Codes, line: Numbers, x: int, x_stop: int, blob: Index, code: int
) -> None:
    """Join a blob with the blobs of its code on a stretch of a face."""
    last = np.int64(0)
    for k in range(max(0, x), min(line.size, x_stop)):
        here = np.int64(line[k])
        if here != 0 and here != last:  # noqa: PLR1714 - plain comparisons compile to two instructions
            last = here
            if table_code[here - 1] == code:
                _join(parent, here - 1, blob)


@njit(cache=True, nogil=True)
def join_faces(
    planes: int,
    rows: int,
    connectivity: int,
    row_first: Ids,
    start: Columns,
    stop: Columns,
    code: Codes,
    blob: Numbers,
    y_start: int,
    x_start: int,
    z_face: Numbers,
    y_face: Numbers,
    x_face: Numbers,
    table_code: Codes,
    parent: Numbers,
) -> None:
    """Join the blobs of a block with those of the blocks before it.

    `z_face` (region y, region x) is the last plane of the slab before, `y_face` (block z, region x) the last row of each
    plane of the blocks before in this slab, `x_face` (block z, block y) the last column of the block just before. A face
    with no voxels says that nothing lies there. A neighbour off two faces, such as (z-1, y-1), is found on the first.
    """
    has_z, has_y, has_x = z_face.size > 0, y_face.size > 0, x_face.size > 0
    for z in range(planes):
        for y in range(rows):
            r = z * rows + y
            for run in range(row_first[r], row_first[r + 1]):
                here = np.int64(blob[run]) - 1
                x, x_stop = x_start + start[run], x_start + stop[run]
                if has_z and z == 0:
                    for dy in range(-1, 2):
                        reach = min(1, connectivity - 1 - abs(dy))
                        if reach >= 0 and 0 <= y_start + y + dy < z_face.shape[0]:
                            line = z_face[y_start + y + dy]
                            _touch_face_row(parent, table_code, line, x - reach, x_stop + reach, here, code[run])
                if has_y and y == 0:
                    for dz in range(-1, 2):
                        reach = min(1, connectivity - 1 - abs(dz))
                        if reach >= 0 and 0 <= z + dz < planes:
                            line = y_face[z + dz]
                            _touch_face_row(parent, table_code, line, x - reach, x_stop + reach, here, code[run])
                if has_x and start[run] == 0:
                    for dz in range(max(-1, -z), min(2, planes - z)):
                        for dy in range(max(-1, -y), min(2, rows - y)):
                            beside = np.int64(x_face[z + dz, y + dy])
                            near = beside != 0 and abs(dz) + abs(dy) < connectivity
                            if near and table_code[beside - 1] == code[run]:
                                _join(parent, beside - 1, here)
                if not has_z and not has_y:
                    break  # only the row's first run can touch the column before
                if z > 0 and y > 0:
                    break


@njit(cache=True, nogil=True)
def keep_faces(
    planes: int,
    rows: int,
    columns: int,
    row_first: Ids,
    start: Columns,
    stop: Columns,
    blob: Numbers,
    y_start: int,
    x_start: int,
    z_face: Numbers,
    y_face: Numbers,
    x_face: Numbers,
) -> None:
    """Write a block's last plane, last rows and last column on cleared faces, for the blocks to come."""
    for z in range(planes):
        for y in range(rows):
            r = z * rows + y
            first, end = row_first[r], row_first[r + 1]
            if z == planes - 1:
                for run in range(first, end):
                    z_face[y_start + y, x_start + start[run] : x_start + stop[run]] = blob[run]
            if y == rows - 1:
                for run in range(first, end):
                    y_face[z, x_start + start[run] : x_start + stop[run]] = blob[run]
            if end > first and stop[end - 1] == columns:
                x_face[z, y] = blob[end - 1]


@njit(cache=True, nogil=True)
def merge_joined(count: int, wide: Ids, narrow: Columns, table_code: Codes, parent: Numbers) -> int:
    """Merge joined blobs into the row of their root and close the gaps; return how many are left.

    Afterwards ``parent[old id]`` is the new id, so that whoever keeps ids can follow.
    """
    left = 0
    for old in range(count):
        if parent[old] == old:
            parent[old] = left
            if left < old:
                for column in range(WIDE):
                    wide[left, column] = wide[old, column]
                table_code[left] = table_code[old]
            left += 1
            continue
        # The parent comes first and has been renamed already, to the new id of its root.
        root = np.int64(parent[np.int64(parent[old])])
        parent[old] = root
        wide[root, VOXELS] += wide[old, VOXELS]
        wide[root, FIRST] = min(wide[root, FIRST], wide[old, FIRST])
        for axis in range(3):
            wide[root, SUMS + axis] += wide[old, SUMS + axis]
            narrow[root, START + axis] = min(narrow[root, START + axis], narrow[old, START + axis])
            narrow[root, STOP + axis] = max(narrow[root, STOP + axis], narrow[old, STOP + axis])
    return left


@njit(cache=True, nogil=True)
def rename(numbers: Numbers, new_ids: Numbers | Ids) -> None:
    """Replace numbers of blobs by those of their new ids."""
    for i in range(numbers.size):
        if numbers[i] != 0:
            numbers[i] = new_ids[np.int64(numbers[i]) - 1] + 1


@njit(cache=True, nogil=True)
def mark(numbers: Numbers, marked: NDArray[np.bool_]) -> None:
    """Mark the blobs whose numbers occur."""
    for i in range(numbers.size):
        if numbers[i] != 0:
            marked[np.int64(numbers[i]) - 1] = True


@njit(cache=True, nogil=True)
def divide(
    growing: NDArray[np.bool_],
    wide: Ids,
    table_code: Codes,
    first_finished: int,
    finished: Ids,
    finished_code: Codes,
    new_ids: Ids,
) -> int:
    """Move the rows that may still grow to the front and copy the others; return how many grow.

    `new_ids` gets the place of each row, or what counts down from `first_finished`.
    """
    still, done = 0, 0
    for row in range(growing.size):
        if growing[row]:
            if still < row:
                for column in range(WIDE):
                    wide[still, column] = wide[row, column]
                table_code[still] = table_code[row]
            new_ids[row] = still
            still += 1
        else:
            for column in range(WIDE):
                finished[done, column] = wide[row, column]
            finished_code[done] = table_code[row]
            new_ids[row] = first_finished - done
            done += 1
    return still


@njit(cache=True, nogil=True)
def part(parent: Numbers, count: int) -> None:
    """Make every blob its own root."""
    for blob in range(count):
        parent[blob] = blob
