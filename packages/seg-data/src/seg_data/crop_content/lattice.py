"""Summed-area tables on a lattice: bounds on what any crop holds, from a few numbers per crop.

The region is cut into cells. A table holds the number of voxels of a class, or of several, in all cells before a corner of the
lattice,
so the cells inside any box are counted from eight numbers. For a crop that lies across cells this gives two bounds: the cells
wholly inside are the least it holds, the cells that it touches the most. A decision that both bounds agree on is exact; the
others need the voxels.

References
----------
.. [1] Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984, doi:10.1145/964965.808600
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from seg_common.counting.label_values import require_class_labels
from seg_common.geometry.tiling import block_boxes
from seg_data.chunk_blocks import chunk_block_shape, chunk_shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.array_reader import ArrayReader

TABLE_BYTES = 2**24
"""Most memory of a table; the cells of large regions grow until it is kept."""
LARGEST_CELL_SIDE = 16
BLOCK_VOXELS = 2**22


@dataclass(frozen=True, eq=False)
class Lattice:
    """Summed-area tables of a region."""

    region: Box
    """What was counted."""
    cell: Index3
    """Voxels of a cell along (z, y, x)."""
    tables: NDArray[np.uint32]
    """Shape (table, z cells + 1, y cells + 1, x cells + 1). Sums are modulo 2^32, which the difference that a crop takes undoes."""

    def bounds(self, starts: NDArray[np.int64], shape: Index3) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bound what crops hold.

        Parameters
        ----------
        starts : ndarray of int64, shape (crop, 3)
            First voxels (z, y, x), in the volume's coordinates; the crops lie inside the region.
        shape : tuple of int
            Shape of the crops (z, y, x).

        Returns
        -------
        low, high : ndarray of int64, shape (crop, table)
            Least and most voxels that each table counts.
        """
        return _bounds(
            self.tables,
            np.array(self.cell, np.int64),
            np.array(self.region.shape, np.int64),
            np.ascontiguousarray(starts - np.array(self.region.start)),
            np.array(shape, np.int64),
        )

    def counts(
        self, starts: NDArray[np.int64], shape: Index3, table: int, class_index: int, labels: NDArray[Any]
    ) -> NDArray[np.int64]:
        """Count a class in crops exactly: the cells inside from the table, only the voxels around them one by one.

        Parameters
        ----------
        starts, shape
            As for `bounds`.
        table : int
            The table of this class alone.
        class_index : int
            The class.
        labels : ndarray of uint8, shape of the region
            Class indices of the region.

        Returns
        -------
        ndarray of int64, shape (crop,)
        """
        around = np.empty(len(starts), np.int64)
        _count_around(
            labels,
            np.uint8(class_index),
            np.array(self.cell, np.int64),
            np.ascontiguousarray(starts - np.array(self.region.start)),
            np.array(shape, np.int64),
            around,
        )
        return around + self.bounds(starts, shape)[0][:, table]


def choose_cell(region: Index3, crop: Index3) -> Index3:
    """Choose cells of at most a sixteenth of the crop's side, larger only where a table would take too much memory."""
    cell = [min(LARGEST_CELL_SIDE, 2 ** max(0, (side // 16).bit_length() - 1)) for side in crop]
    while _table_bytes(region, cell) > TABLE_BYTES:
        # The axis with the smallest cells in relation to the crop loses least.
        ratios = [c / side if c < n else np.inf for c, side, n in zip(cell, crop, region, strict=True)]
        cell[int(np.argmin(ratios))] *= 2
    z, y, x = cell
    return z, y, x


def build_lattice(
    labels: ArrayReader,
    region: Box,
    cell: Index3,
    counted: Sequence[Collection[int]],
    n_classes: int,
    ignored_label: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> Lattice:
    """Count the cells of a region in one pass over its labels.

    Parameters
    ----------
    labels : ArrayReader
        Class indices.
    region : Box
        What to count.
    cell : tuple of int
        Voxels of a cell (z, y, x).
    counted : sequence of collections of int
        Classes that each table counts together.
    n_classes : int
        Number of classes.
    ignored_label : int, optional
        Value of voxels that are in no class.
    advance : callable, optional
        Told the number of voxels after each block.

    Returns
    -------
    Lattice

    Raises
    ------
    LabelVolumeError
        If a label is neither a class index nor the ignored label.
    """
    cells = tuple(-(-n // c) for n, c in zip(region.shape, cell, strict=True))
    tables = np.zeros((len(counted), *(n + 1 for n in cells)), np.uint32)
    counts = tables[:, 1:, 1:, 1:]
    wanted = np.array([[index in classes for index in range(n_classes)] for classes in counted], bool)
    ignored = -1 if ignored_label is None else ignored_label
    for block in block_boxes(region, chunk_block_shape(region.shape, chunk_shape_of([labels]), BLOCK_VOXELS)):
        voxels = labels.read(block)
        first = np.array(block.start, np.int64) - np.array(region.start)
        if _count_cells(voxels, first, np.array(cell, np.int64), counts, wanted, ignored):
            require_class_labels(voxels, n_classes, ignored_label, labels)
        if advance is not None:
            advance(block.voxels)
    for axis in (1, 2, 3):
        np.cumsum(tables, axis=axis, dtype=np.uint32, out=tables)
    return Lattice(region, cell, tables)


def _table_bytes(region: Index3, cell: list[int]) -> int:
    return int(np.prod([-(-n // c) + 1 for n, c in zip(region, cell, strict=True)])) * np.dtype(np.uint32).itemsize


@njit(nogil=True, cache=True)
def _count_cells(
    labels: NDArray[Any],
    first: NDArray[np.int64],
    cell: NDArray[np.int64],
    counts: NDArray[np.uint32],
    wanted: NDArray[np.bool_],
    ignored: int,
) -> bool:  # pragma: no cover - compiled
    """Add a block to the counts; tell whether it holds labels that are no classes."""
    n_tables, n_classes = wanted.shape
    wrong = False
    for z in range(labels.shape[0]):
        cz = (z + first[0]) // cell[0]
        for y in range(labels.shape[1]):
            cy = (y + first[1]) // cell[1]
            x = 0
            while x < labels.shape[2]:
                cx = (x + first[2]) // cell[2]
                stop = min(labels.shape[2], (cx + 1) * cell[2] - first[2])
                while x < stop:
                    # Voxels come in runs of one class; a run costs one addition.
                    value = labels[z, y, x]
                    run = x
                    while x < stop and labels[z, y, x] == value:
                        x += 1
                    if 0 <= value < n_classes:
                        for table in range(n_tables):
                            if wanted[table, value]:
                                counts[table, cz, cy, cx] += x - run
                    elif value != ignored:
                        wrong = True
    return wrong


@njit(nogil=True, cache=True)
def _bounds(
    tables: NDArray[np.uint32],
    cell: NDArray[np.int64],
    region: NDArray[np.int64],
    starts: NDArray[np.int64],
    shape: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # pragma: no cover - compiled
    low = np.zeros((len(starts), len(tables)), np.int64)
    high = np.zeros((len(starts), len(tables)), np.int64)
    inner_a, inner_b = np.zeros(3, np.int64), np.zeros(3, np.int64)
    outer_a, outer_b = np.zeros(3, np.int64), np.zeros(3, np.int64)
    voxels = shape[0] * shape[1] * shape[2]
    for i in range(len(starts)):
        some_inside = True
        inside = 1
        for axis in range(3):
            start, stop = starts[i, axis], starts[i, axis] + shape[axis]
            inner_a[axis], inner_b[axis] = _cells_inside(start, stop, cell[axis], region[axis])
            outer_a[axis] = start // cell[axis]
            outer_b[axis] = -(-stop // cell[axis])
            some_inside = some_inside and inner_a[axis] < inner_b[axis]
            inside *= min(inner_b[axis] * cell[axis], region[axis]) - inner_a[axis] * cell[axis]
        for c in range(len(tables)):
            if some_inside:
                low[i, c] = _box_sum(tables[c], inner_a, inner_b)
            else:
                inside = 0
            # Beside the cells wholly inside, a class can at most fill what is left of the crop.
            high[i, c] = min(_box_sum(tables[c], outer_a, outer_b), low[i, c] + voxels - inside)
    return low, high


@njit(nogil=True, cache=True)
def _cells_inside(start: int, stop: int, cell: int, length: int) -> tuple[int, int]:  # pragma: no cover - compiled
    """First cell wholly inside a crop, and the one after the last, along an axis."""
    # The last cell of the region may be cut; a crop that ends with the region holds all of it.
    return -(-start // cell), -(-stop // cell) if stop == length else stop // cell


@njit(nogil=True, cache=True)
def _count_around(
    labels: NDArray[np.uint8],
    value: Any,
    cell: NDArray[np.int64],
    starts: NDArray[np.int64],
    shape: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:  # pragma: no cover - compiled
    """Count a label in the part of each crop that lies outside its inner cells."""
    low, high = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for i in range(len(starts)):
        some_inside = True
        for axis in range(3):
            start, length = starts[i, axis], labels.shape[axis]
            a, b = _cells_inside(start, start + shape[axis], cell[axis], length)
            low[axis], high[axis] = a * cell[axis], min(b * cell[axis], length)
            some_inside = some_inside and a < b
        first, stop = starts[i, 2], starts[i, 2] + shape[2]
        count = 0
        for z in range(starts[i, 0], starts[i, 0] + shape[0]):
            for y in range(starts[i, 1], starts[i, 1] + shape[1]):
                row = labels[z, y]
                if some_inside and low[0] <= z < high[0] and low[1] <= y < high[1]:
                    for x in range(first, low[2]):
                        count += row[x] == value
                    for x in range(high[2], stop):
                        count += row[x] == value
                else:
                    for x in range(first, stop):
                        count += row[x] == value
        counts[i] = count


@njit(nogil=True, cache=True)
def _box_sum(
    table: NDArray[np.uint32], a: NDArray[np.int64], b: NDArray[np.int64]
) -> Any:  # pragma: no cover - compiled
    return np.uint32(
        table[b[0], b[1], b[2]]
        - table[a[0], b[1], b[2]]
        - table[b[0], a[1], b[2]]
        - table[b[0], b[1], a[2]]
        + table[a[0], a[1], b[2]]
        + table[a[0], b[1], a[2]]
        + table[b[0], a[1], a[2]]
        - table[a[0], a[1], a[2]]
    )
