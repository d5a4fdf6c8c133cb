"""Compiled kernels of the table of blob statistics: add a block's components, merge those that were joined.

The statistics of a blob are one row of int64, so that a change touches one or two cache lines. None of these kernels
calls another one; the words are those of `run_kernels`.
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
    Face = NDArray[np.uint32]

VOXELS, START, STOP, SUMS, FIRST = 0, 1, 4, 7, 10
"""Columns of the statistics table: voxels, box start (3), box stop (3), coordinate sums (3), first voxel."""
TABLE_COLUMNS = 11


@njit(cache=True, nogil=True)
def append_components(
    planes: int,
    rows: int,
    row_first: Ids,
    start: Columns,
    stop: Columns,
    code: Codes,
    component: Ids,
    components: int,
    first_id: int,
    block_start: Ids,
    region_start: Ids,
    region_shape: Ids,
    table: Ids,
    table_code: Codes,
    parent: Ids,
) -> None:
    """Add a block's components to the table as ids `first_id` and up, each its own root."""
    for blob in range(first_id, first_id + components):
        parent[blob] = blob
        table[blob, VOXELS] = 0
    for r in range(planes * rows):
        z, y = block_start[0] + r // rows, block_start[1] + r % rows
        flat_row = ((z - region_start[0]) * region_shape[1] + y - region_start[1]) * region_shape[2] - region_start[2]
        for run in range(row_first[r], row_first[r + 1]):
            x, x_stop = block_start[2] + start[run], block_start[2] + stop[run]
            length = x_stop - x
            blob = table[first_id + component[run]]
            if blob[VOXELS] == 0:
                # Runs come in raster order, so the first one knows the lowest z and the first voxel.
                table_code[first_id + component[run]] = code[run]
                blob[START], blob[START + 1], blob[START + 2] = z, y, x
                blob[STOP], blob[STOP + 1], blob[STOP + 2] = z + 1, y + 1, x_stop
                blob[SUMS] = blob[SUMS + 1] = blob[SUMS + 2] = 0
                blob[FIRST] = flat_row + x
            else:
                blob[START + 1], blob[START + 2] = min(blob[START + 1], y), min(blob[START + 2], x)
                blob[STOP] = z + 1
                blob[STOP + 1], blob[STOP + 2] = max(blob[STOP + 1], y + 1), max(blob[STOP + 2], x_stop)
            blob[VOXELS] += length
            blob[SUMS] += z * length
            blob[SUMS + 1] += y * length
            blob[SUMS + 2] += (x + x_stop - 1) * length // 2


@njit(cache=True, nogil=True)
def merge_joined(count: int, table: Ids, table_code: Codes, parent: Ids) -> int:
    """Merge joined blobs into the row of their root and close the gaps; return how many are left.

    Afterwards ``parent[old id]`` is the new id, so that faces can be renamed.
    """
    left = 0
    for old in range(count):
        if parent[old] == old:
            parent[old] = left
            table[left] = table[old]
            table_code[left] = table_code[old]
            left += 1
            continue
        # The parent comes first and has been renamed already, to the new id of its root.
        parent[old] = parent[parent[old]]
        root, part = table[parent[old]], table[old]
        root[VOXELS] += part[VOXELS]
        for axis in range(3):
            root[START + axis] = min(root[START + axis], part[START + axis])
            root[STOP + axis] = max(root[STOP + axis], part[STOP + axis])
            root[SUMS + axis] += part[SUMS + axis]
        root[FIRST] = min(root[FIRST], part[FIRST])
    return left


@njit(cache=True, nogil=True)
def rename_face(face: Face, parent: Ids) -> None:
    """Replace the ids on a face by those that `merge_joined` gave."""
    for i in range(face.shape[0]):
        for j in range(face.shape[1]):
            if face[i, j] != 0:
                face[i, j] = parent[np.int64(face[i, j]) - 1] + 1
