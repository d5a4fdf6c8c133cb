"""How many voxels each pair of segments shares; memory grows with the pairs, not with the ids or the voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seg_common.errors import LabelVolumeError
from seg_eval.streaming import pair_kernels

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from seg_eval.streaming.streaming_blobs import BlockRuns


class SegmentPairs(NamedTuple):
    """A contingency table without its zeros, ordered by reference, then prediction."""

    reference: NDArray[np.int64]
    """Reference segment of each pair, shape (n,)."""
    prediction: NDArray[np.int64]
    """Predicted segment of each pair, shape (n,)."""
    voxels: NDArray[np.int64]
    """Voxels of each pair, shape (n,), at least 1."""


class PairTable:
    """Pairs of segments and their voxels, counted block by block.

    Ids may be any 64-bit integers, as large and as sparse as they like.

    Parameters
    ----------
    capacity : int
        Slots to begin with, a power of 2.

    Examples
    --------
    >>> import numpy as np
    >>> table = PairTable()
    >>> table.add_labels(np.array([[[7, 7, 2**40]]]), np.array([[[1, 1, 1]]]))
    >>> [column.tolist() for column in table.pairs()]
    [[7, 1099511627776], [1, 1], [2, 1]]
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._slots: NDArray[np.int64] = np.zeros((capacity, 3), np.int64)
        self._used = 0
        self._settled: list[NDArray[np.int64]] = []

    def add_labels(
        self, reference: NDArray[Any], prediction: NDArray[Any], ignored_labels: Collection[int] = ()
    ) -> None:
        """Count the pairs of labels of a block, in any order of blocks.

        Parameters
        ----------
        reference, prediction : ndarray of int, shape (z, y, x)
            Segment ids. Not modified.
        ignored_labels : collection of int
            Reference labels whose voxels are left out.

        Raises
        ------
        LabelVolumeError
            If the shapes differ, or a dtype is no integer.
        """
        if (
            reference.shape != prediction.shape
            or reference.dtype.kind not in "iub"
            or prediction.dtype.kind not in "iub"
        ):
            msg = (
                f"reference and prediction must be integer arrays of one shape; got {reference.dtype} {reference.shape} "
                f"and {prediction.dtype} {prediction.shape}. Convert the labels, and cut both alike."
            )
            raise LabelVolumeError(msg)
        rows = (-1, reference.shape[-1] if reference.ndim else 1)
        if reference.size == 0:
            return
        truth, answer = (np.ascontiguousarray(labels).reshape(rows) for labels in (reference, prediction))
        ignored = np.array(sorted(ignored_labels), np.int64)
        row = 0
        while row < len(truth):
            self._reserve(truth.shape[1])
            row, self._used = pair_kernels.add_label_rows(self._slots, self._used, row, truth, answer, ignored)

    def add_components(self, rows: int, reference: BlockRuns, prediction: BlockRuns) -> None:
        """Count the pairs of components of a block of `rows` lines along x."""
        row = 0
        while row < rows:
            in_row = sum(int(runs.row_first[row + 1] - runs.row_first[row]) for runs in (reference, prediction))
            self._reserve(in_row)
            row, self._used = pair_kernels.add_component_rows(
                self._slots, self._used, row, rows, *reference, *prediction
            )

    def rename(self, side: int, new_ids: NDArray[np.int64]) -> None:
        """Replace the ids of the reference (side 0) or of the prediction (side 1): id k becomes ``new_ids[k]``.

        Negative ids are those of components that have finished: they stay. Pairs of two finished components can get no
        more voxels, and leave the table for a plain list.
        """
        pairs = self._slots[self._slots[:, 2] != 0]
        under_way = pairs[:, side] >= 0
        pairs[under_way, side] = new_ids[pairs[under_way, side]]
        settled = (pairs[:, :2] < 0).all(axis=1)
        if settled.any():
            self._settled.append(pairs[settled])
        self._slots[:] = 0
        self._fill(pairs[~settled])

    def pairs(self) -> SegmentPairs:
        """Copy the pairs, ordered by reference, then prediction."""
        pairs = np.concatenate([*self._settled, self._slots[self._slots[:, 2] != 0]])
        return merged_pairs(SegmentPairs(*(pairs[:, column] for column in range(3))))

    def _reserve(self, pairs: int) -> None:
        """Make room for more pairs in a table that stays at most half full."""
        if 2 * (self._used + pairs) <= len(self._slots):
            return
        filled = self._slots[self._slots[:, 2] != 0]
        capacity = len(self._slots)
        while capacity < 4 * (self._used + pairs):
            capacity *= 2
        self._slots = np.zeros((capacity, 3), np.int64)
        self._fill(filled)

    def _fill(self, pairs: NDArray[np.int64]) -> None:
        columns = (np.ascontiguousarray(pairs[:, column]) for column in range(3))
        self._used = pair_kernels.add_pairs(self._slots, *columns)


def merged_pairs(pairs: SegmentPairs) -> SegmentPairs:
    """Order pairs by reference, then prediction, and add up those that are equal."""
    if pairs.voxels.size == 0:
        return pairs
    order = np.lexsort((pairs.prediction, pairs.reference))
    reference, prediction, voxels = (column[order] for column in pairs)
    differs = (reference[1:] != reference[:-1]) | (prediction[1:] != prediction[:-1])
    first = np.flatnonzero(np.append(True, differs))
    if first.size == voxels.size:
        return SegmentPairs(reference, prediction, voxels)
    return SegmentPairs(reference[first], prediction[first], np.add.reduceat(voxels, first))
