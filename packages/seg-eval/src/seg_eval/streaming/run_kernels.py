"""Compiled kernels of the block-wise connected components: runs along x, union-find, faces between blocks.

A row of a segmentation is a handful of runs of equal codes, so joining runs costs far less than joining voxels, and no
label volume is written. All kernels that call each other live in this file: numba's cache on disk looks at the file of
the outer function only, so a helper elsewhere could change without its callers being compiled again.

Words used here: row r is the line of voxels along x at z = r // rows per plane, y = r % rows per plane; the runs of row
r are ``row_first[r]`` to ``row_first[r + 1]``. A face holds one number per voxel, 0 for nothing, else blob id + 1.
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
    Face = NDArray[np.uint32]
    Index = int | np.int64

# Declared by hand, so that a read-only block (a memory-mapped file) does not cost one more compilation.
_BLOCKS = [types.Array(number, 3, "C", readonly=True) for number in (types.uint8, types.uint16)]
_COUNT_SIGNATURES = [types.int64(block, types.int64[::1]) for block in _BLOCKS]
_FILL_SIGNATURES = [
    types.void(block, types.int64[::1], types.int32[::1], types.int32[::1], types.uint16[::1]) for block in _BLOCKS
]


@njit(_COUNT_SIGNATURES, cache=True, nogil=True)
def count_runs(codes: Codes, row_first: Ids) -> Index:
    """Fill `row_first` (rows + 1) with the number of each row's first run; return the number of runs."""
    planes, rows, columns = codes.shape
    total = np.int64(0)
    row_first[0] = 0
    for z in range(planes):
        for y in range(rows):
            row = codes[z, y]
            # 32 bits let the compiler count many voxels per instruction.
            runs = np.uint32(row[0] != 0)
            for x in range(1, columns):
                runs += np.uint32((row[x] != row[x - 1]) & (row[x] != 0))
            total += np.int64(runs)
            row_first[z * rows + y + 1] = total
    return total


@njit(_FILL_SIGNATURES, cache=True, nogil=True)
def fill_runs(codes: Codes, row_first: Ids, start: Columns, stop: Columns, code: NDArray[np.uint16]) -> None:
    """Write the first column, the exclusive last column and the code of every run."""
    planes, rows, columns = codes.shape
    for z in range(planes):
        for y in range(rows):
            row = codes[z, y]
            x = 0
            for run in range(row_first[z * rows + y], row_first[z * rows + y + 1]):
                while row[x] == 0:
                    x += 1
                value = row[x]
                start[run] = x
                x += 1
                while x < columns and row[x] == value:
                    x += 1
                stop[run] = x
                code[run] = value


@njit(cache=True, nogil=True)
def _root(parent: Ids, i: Index) -> Index:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True)
def _join(parent: Ids, i: Index, j: Index) -> None:
    # The smaller number becomes the root: a parent is never larger than its child, which numbering relies on.
    i, j = _root(parent, i), _root(parent, j)
    if i < j:
        parent[j] = i
    elif j < i:
        parent[i] = j


@njit(cache=True, nogil=True)
def _join_rows(
    parent: Ids,
    start: Columns,
    stop: Columns,
    code: NDArray[np.uint16],
    a: int,
    a_end: int,
    b: int,
    b_end: int,
    reach: int,
) -> None:
    """Join the runs of two neighbouring rows that touch; `reach` 1 lets them touch across a corner."""
    for run in range(b, b_end):
        while a < a_end and stop[a] + reach <= start[run]:
            a += 1
        other = a
        while other < a_end and start[other] < stop[run] + reach:
            if code[other] == code[run]:
                _join(parent, other, run)
            other += 1


@njit(cache=True, nogil=True)
def join_runs(
    planes: int,
    rows: int,
    connectivity: int,
    row_first: Ids,
    start: Columns,
    stop: Columns,
    code: NDArray[np.uint16],
    component: Ids,
) -> int:
    """Fill `component` with the number of each run's component, counted from 0 in raster order; return how many."""
    for run in range(row_first[planes * rows]):
        component[run] = run
    for z in range(planes):
        for y in range(rows):
            r = z * rows + y
            b, b_end = row_first[r], row_first[r + 1]
            if b == b_end:
                continue
            if y > 0:
                reach = min(1, connectivity - 1)
                _join_rows(component, start, stop, code, row_first[r - 1], b, b, b_end, reach)
            if z > 0:
                for dy in range(-1, 2):
                    reach = min(1, connectivity - 1 - abs(dy))
                    if reach >= 0 and 0 <= y + dy < rows:
                        a, a_end = row_first[r - rows + dy], row_first[r - rows + dy + 1]
                        _join_rows(component, start, stop, code, a, a_end, b, b_end, reach)
    # A parent comes before its children, so one sweep replaces every parent by the number of its root.
    count = 0
    for run in range(row_first[planes * rows]):
        if component[run] == run:
            component[run] = count
            count += 1
        else:
            component[run] = component[component[run]]
    return count


@njit(cache=True, nogil=True)
def _join_face_row(
    parent: Ids, table_code: NDArray[np.uint16], line: Face, x: int, x_stop: int, blob: int, code: int
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
    code: NDArray[np.uint16],
    component: Ids,
    first_id: int,
    y_start: int,
    x_start: int,
    z_face: Face,
    y_face: Face,
    x_face: Face,
    table_code: NDArray[np.uint16],
    parent: Ids,
) -> None:
    """Join a block's components with the blobs of the blocks before it.

    `z_face` (region y, region x) is the last plane of the slab before, `y_face` (block z, region x) the last row of each
    plane of the blocks before in this slab, `x_face` (block z, block y) the last column of the block just before. A face
    with no voxels says that nothing lies there. A neighbour off two faces, such as (z-1, y-1), is found on the first.
    """
    has_z, has_y, has_x = z_face.size > 0, y_face.size > 0, x_face.size > 0
    for z in range(planes):
        for y in range(rows):
            r = z * rows + y
            for run in range(row_first[r], row_first[r + 1]):
                blob = first_id + component[run]
                x, x_stop = x_start + start[run], x_start + stop[run]
                if has_z and z == 0:
                    for dy in range(-1, 2):
                        reach = min(1, connectivity - 1 - abs(dy))
                        if reach >= 0 and 0 <= y_start + y + dy < z_face.shape[0]:
                            line = z_face[y_start + y + dy]
                            _join_face_row(parent, table_code, line, x - reach, x_stop + reach, blob, code[run])
                if has_y and y == 0:
                    for dz in range(-1, 2):
                        reach = min(1, connectivity - 1 - abs(dz))
                        if reach >= 0 and 0 <= z + dz < planes:
                            line = y_face[z + dz]
                            _join_face_row(parent, table_code, line, x - reach, x_stop + reach, blob, code[run])
                if has_x and start[run] == 0:
                    for dz in range(max(-1, -z), min(2, planes - z)):
                        for dy in range(max(-1, -y), min(2, rows - y)):
                            here = np.int64(x_face[z + dz, y + dy])
                            if here != 0 and abs(dz) + abs(dy) < connectivity and table_code[here - 1] == code[run]:
                                _join(parent, here - 1, blob)
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
    component: Ids,
    first_id: int,
    y_start: int,
    x_start: int,
    z_face: Face,
    y_face: Face,
    x_face: Face,
) -> None:
    """Write a block's last plane, last rows and last column on cleared faces, for the blocks to come."""
    for z in range(planes):
        for y in range(rows):
            r = z * rows + y
            first, end = row_first[r], row_first[r + 1]
            if z == planes - 1:
                for run in range(first, end):
                    z_face[y_start + y, x_start + start[run] : x_start + stop[run]] = first_id + component[run] + 1
            if y == rows - 1:
                for run in range(first, end):
                    y_face[z, x_start + start[run] : x_start + stop[run]] = first_id + component[run] + 1
            if end > first and stop[end - 1] == columns:
                x_face[z, y] = first_id + component[end - 1] + 1
