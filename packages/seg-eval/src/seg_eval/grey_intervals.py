"""The best cut of the grey levels into one interval per class, found exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BINS = 1024
"""Finer histograms are merged to so many bins: the search takes time and memory with their square."""

MOST_CLASSES_IN_ANY_ORDER = 5
"""Up to so many classes every order along the grey axis is tried; beyond, the order of the mean grey levels."""


@dataclass(frozen=True)
class GreyIntervals:
    """Classes along the grey axis."""

    thresholds: tuple[float, ...]
    """Growing grey levels between the intervals; a grey level at a threshold belongs above it."""
    classes: tuple[int, ...]
    """Class of each interval, from dark to bright; classes without an interval are missing."""
    mean_jaccard: float
    """Mean Jaccard on the histograms, over the classes present in them."""


def best_grey_intervals(histograms: NDArray[np.int64], edges: NDArray[np.float64]) -> GreyIntervals:
    """Find the intervals of grey levels, one per class, that have the highest mean Jaccard.

    Parameters
    ----------
    histograms : ndarray of int, shape (class, bin)
        Voxels by class and grey level; at least one voxel.
    edges : ndarray of float, shape (bin + 1,)
        Growing grey levels; a bin holds its left edge.

    Returns
    -------
    GreyIntervals
        The optimum over all thresholds at bin edges, and over all orders of up to 5 classes. A threshold in a gap
        without voxels lies in the middle of the gap.

    Notes
    -----
    The Jaccard of a class depends on its own interval only, so the best sum for a set of classes below a threshold is
    that of the set without its brightest class below a lower threshold, plus the Jaccard of that class between the two:
    dynamic programming over (set, threshold). Classes without a voxel get no interval, which can only lower the mean.

    Examples
    --------
    >>> import numpy as np
    >>> best_grey_intervals(np.array([[0, 0, 5], [4, 0, 0]]), np.arange(4.0))
    GreyIntervals(thresholds=(1.5,), classes=(1, 0), mean_jaccard=1.0)
    """
    counts, low, high = occupied_bins(histograms, edges)
    present = np.flatnonzero(counts.any(axis=1))
    counts = counts[present]
    grey_sums = counts @ np.arange(counts.shape[1])
    order = np.argsort(grey_sums / counts.sum(axis=1), kind="stable")
    total, cuts, sequence = _best_cuts(counts[order])
    middles = (high[:-1] + low[1:]) / 2
    thresholds, classes = [], []
    for start, stop, rank in zip(cuts[:-1], cuts[1:], sequence, strict=True):
        if start < stop:
            classes.append(int(present[order[rank]]))
            thresholds.extend([float(middles[start - 1])] if start else [])
    return GreyIntervals(tuple(thresholds), tuple(classes), total / len(present))


def occupied_bins(
    histograms: NDArray[np.int64], edges: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Keep the bins that hold voxels, merged until there are few enough: their counts, low and high ends."""
    occupied = np.flatnonzero(histograms.any(axis=0))
    groups = min(occupied.size, MOST_BINS)
    first = np.arange(groups) * occupied.size // groups
    last = np.append(first[1:], occupied.size) - 1
    counts: NDArray[np.int64] = np.add.reduceat(histograms[:, occupied], first, axis=1, dtype=np.int64)
    return counts, edges[occupied[first]], edges[occupied[last] + 1]


def _best_cuts(counts: NDArray[np.int64]) -> tuple[float, list[int], list[int]]:
    """Find the highest sum of Jaccards, the bins where the intervals end, and the classes (rows of `counts`) of the intervals."""
    n_classes, bins = counts.shape
    jaccards = [_interval_jaccards(row, counts.sum(axis=0)) for row in counts]
    any_order = n_classes <= MOST_CLASSES_IN_ANY_ORDER
    # A set of classes is a bit mask; with a fixed order only the sets of the darkest classes occur.
    sets = range(1, 2**n_classes) if any_order else [2 ** (k + 1) - 1 for k in range(n_classes)]
    nothing = np.full(bins + 1, -np.inf)
    nothing[0] = 0.0
    best = {0: nothing}
    brightest: dict[int, NDArray[np.int64]] = {}
    begins: dict[int, NDArray[np.int64]] = {}
    for members in sets:
        best[members] = np.full(bins + 1, -np.inf)
        brightest[members] = np.zeros(bins + 1, np.int64)
        begins[members] = np.zeros(bins + 1, np.int64)
        for k in range(n_classes):
            before = best.get(members & ~(1 << k)) if members >> k & 1 else None
            if before is None:
                continue
            sums = jaccards[k] + before
            begin = sums.argmax(axis=1)
            highest = np.take_along_axis(sums, begin[:, np.newaxis], axis=1)[:, 0]
            better = highest > best[members]
            best[members][better] = highest[better]
            brightest[members][better] = k
            begins[members][better] = begin[better]
    members, stop = 2**n_classes - 1, bins
    total = float(best[members][stop])
    cuts = [stop]
    sequence: list[int] = []
    while members:
        k, stop = int(brightest[members][stop]), int(begins[members][stop])
        cuts.insert(0, stop)
        sequence.insert(0, k)
        members &= ~(1 << k)
    return total, cuts, sequence


def _interval_jaccards(own: NDArray[np.int64], every: NDArray[np.int64]) -> NDArray[np.float64]:
    """Jaccard of a class whose interval is the bins [begin, stop), as a table (stop, begin); -inf for begin > stop."""
    found = np.append(0, own.cumsum())
    taken = np.append(0, every.cumsum())
    intersection = found[:, np.newaxis] - found
    union = own.sum() + (taken[:, np.newaxis] - taken) - intersection
    with np.errstate(divide="ignore", invalid="ignore"):  # only above the diagonal, which is overwritten
        table: NDArray[np.float64] = intersection / union
    table[np.triu_indices_from(table, 1)] = -np.inf
    return table
