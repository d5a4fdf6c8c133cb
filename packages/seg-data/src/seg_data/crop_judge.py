"""Decide which crops are kept: by bounds on their content where these are enough, by their voxels where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_data.crop_content.content import RegionContent
    from seg_data.crop_rejection.functions import RejectionFunction
    from seg_data.crop_rejection.quantities import Quantity


class Verdicts(NamedTuple):
    """What became of candidates, without the voxels that were not needed to know it."""

    offered: NDArray[np.bool_]
    """Whether a crop holds a labelled voxel; others are passed over, shape (crop,)."""
    kept: NDArray[np.bool_]
    """Whether it is kept, shape (crop,)."""


class Judge:
    """Keep or reject crops, given a random number for each.

    A crop with random number u is rejected when u is below its reject probability. A crop without any labelled voxel teaches
    nothing: it is passed over, and was never offered.

    Parameters
    ----------
    content : RegionContent
        What crops hold.
    function : RejectionFunction or None
        None rejects nothing.
    quantities : sequence of Quantity
        The function's columns.
    sparse : bool
        Whether the labels have ignored voxels.
    """

    def __init__(
        self,
        content: RegionContent,
        function: RejectionFunction | None,
        quantities: Sequence[Quantity],
        *,
        sparse: bool,
    ) -> None:
        self.content = content
        self.function = function
        self.quantities = tuple(quantities)
        self.sparse = sparse

    @property
    def keeps_all(self) -> bool:
        """Whether every crop is offered and kept, so that nothing has to be known of it."""
        return self.function is None and not self.sparse

    def verdicts(self, starts: NDArray[np.int64], numbers: NDArray[np.float64]) -> Verdicts:
        """Judge crops by their first voxels (crop, 3), with one random number in [0, 1) each."""
        kept, doubtful = self.certain(starts, numbers)
        offered = np.ones(len(starts), bool)
        if self.sparse:
            offered = self._labelled(starts)
            kept &= offered
            doubtful &= offered
        rows = np.flatnonzero(doubtful)
        kept[rows] = numbers[rows] >= self.probabilities(starts[rows])
        return Verdicts(offered, kept)

    def first_kept(
        self, starts: NDArray[np.int64], numbers: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the first kept attempt of each crop.

        Parameters
        ----------
        starts : ndarray of int64, shape (crop, attempt, 3)
            First voxels of the attempts.
        numbers : ndarray of float64, shape (crop, attempt)
            One random number in [0, 1) for each.

        Returns
        -------
        attempt : ndarray of int64, shape (crop,)
            Index of the kept attempt; -1 where none was.
        offered : ndarray of int64, shape (crop,)
            Attempts offered up to and with the kept one, or all.
        """
        crops, attempts = numbers.shape
        kept, doubtful = (
            flags.reshape(crops, attempts) for flags in self.certain(starts.reshape(-1, 3), numbers.ravel())
        )
        labelled = np.ones((crops, attempts), bool)
        if self.sparse:
            labelled = self._labelled(starts.reshape(-1, 3)).reshape(crops, attempts)
            kept &= labelled
            doubtful &= labelled
        # Doubts after an attempt that is certainly kept need no answer; the others are settled in order, and only till one is kept.
        while True:
            open_ = (kept | doubtful).any(axis=1)
            first = np.argmax(kept | doubtful, axis=1)
            rows = np.flatnonzero(open_ & doubtful[np.arange(crops), first])
            if not rows.size:
                break
            columns = first[rows]
            kept[rows, columns] = numbers[rows, columns] >= self.probabilities(starts[rows, columns])
            doubtful[rows, columns] = False
        attempt = np.where(open_, first, -1)
        last = np.where(open_, first, attempts - 1)
        upto = np.cumsum(labelled, axis=1)[np.arange(crops), last]
        return attempt, upto

    def certain(
        self, starts: NDArray[np.int64], numbers: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which crops are kept whatever their content is within its bounds, and which are in doubt."""
        if self.function is None:
            return np.ones(len(starts), bool), np.zeros(len(starts), bool)
        smallest, largest = self.function.bounds(*self.content.bounds(self.quantities, starts))
        kept = numbers >= largest
        return kept, ~kept & (numbers >= smallest)

    def probabilities(self, starts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Compute the reject probabilities of crops exactly; (crop, 3) → (crop,)."""
        if self.function is None:
            return np.zeros(len(starts))
        values = self.content.values(self.quantities, starts)
        return self.function.bounds(values, values)[0]

    def _labelled(self, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
        low, high = self.content.labelled_bounds(starts)
        labelled = low > 0
        rows = np.flatnonzero(~labelled & (high > 0))
        labelled[rows] = self.content.class_counts(starts[rows]).sum(axis=1) > 0
        return labelled
