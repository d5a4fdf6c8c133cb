"""Intervals of fractions and of overlap scores, all from the same drawings of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_eval.metrics.block_bootstrap import interval, resampled_sums
from seg_eval.streaming.lattice import coarser

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.schema.evaluation_measures import Interval
    from seg_eval.metrics.block_bootstrap import Blocks
    from seg_eval.streaming.lattice import Lattice


@dataclass(frozen=True)
class ClassIntervals:
    """95 % intervals of one class; None where a number is not known in every drawing."""

    jaccard: Interval | None
    """Of the Jaccard."""
    reference_fraction: Interval | None
    """Of the fraction in the reference, for the material that the region is a sample of."""
    estimated_fraction: Interval | None
    """Of the fraction by labels, likewise."""
    absolute_error: Interval | None
    """Of estimated minus reference fraction."""
    relative_error: Interval | None
    """Of the same divided by the reference fraction."""


def score_intervals(blocks: Blocks) -> tuple[list[ClassIntervals], Interval | None]:
    """Resample blocks and take the percentiles of every score.

    Parameters
    ----------
    blocks : Blocks
        Confusion of each block.

    Returns
    -------
    classes : list of ClassIntervals
        One per class.
    mean_jaccard : Interval or None
        Of the mean over the classes in either volume.
    """
    sums = resampled_sums(blocks.confusions, "scores")
    right = np.diagonal(sums, axis1=1, axis2=2)
    reference, predicted = sums.sum(axis=2), sums.sum(axis=1)
    total = sums.sum(axis=(1, 2))[:, np.newaxis]
    jaccard = _divide(right, reference + predicted - right)
    fractions = reference / total, predicted / total
    error = fractions[1] - fractions[0]
    relative = _divide(predicted - reference, reference)
    classes = [
        ClassIntervals(*(interval(values[:, k]) for values in (jaccard, *fractions, error, relative)))
        for k in range(sums.shape[1])
    ]
    # A class that a drawing lacks counts in no mean, as in the mean itself.
    known = np.isfinite(jaccard)
    mean = _divide(np.where(known, jaccard, 0).sum(axis=1), known.sum(axis=1).astype(np.float64))
    return classes, interval(mean)


def fraction_intervals(blocks: Blocks) -> list[Interval | None]:
    """Resample blocks of a volume without a reference: 95 % interval of each class's fraction by labels."""
    counts = blocks.confusions.sum(axis=1)
    sums = resampled_sums(counts, "scores")
    shares = sums / sums.sum(axis=1, keepdims=True)
    return [interval(shares[:, k]) for k in range(shares.shape[1])]


def probability_intervals(side: int, lattice: Lattice, probability_cells: NDArray[np.int64]) -> list[Interval | None]:
    """Resample the same blocks for the fractions by summed probability.

    Parameters
    ----------
    side : int
        Side of the blocks in voxels, as `bootstrap_blocks` chose it.
    lattice : Lattice
        Where the cells lie.
    probability_cells : ndarray of int, shape (z, y, x, class)
        Probabilities summed by cell and class.

    Returns
    -------
    list of Interval or None
        95 % interval of each class's share of the summed probabilities.
    """
    steps = coarser(probability_cells, side // lattice.side).reshape(-1, probability_cells.shape[-1])
    sums = resampled_sums(steps[steps.any(axis=1)], "scores")
    shares = sums / sums.sum(axis=1, keepdims=True)
    return [interval(shares[:, k]) for k in range(shares.shape[1])]


def _divide(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quotients, NaN where there is nothing to divide by."""
    quotients: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return quotients
