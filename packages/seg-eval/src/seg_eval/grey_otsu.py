"""Otsu's thresholds for several classes, found exactly: the grey levels alone, no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_eval.grey_intervals import occupied_bins

if TYPE_CHECKING:
    from numpy.typing import NDArray


def multi_otsu_thresholds(counts: NDArray[np.int64], edges: NDArray[np.float64], intervals: int) -> tuple[float, ...]:
    """Cut the grey levels so that they vary least within the intervals.

    Parameters
    ----------
    counts : ndarray of int, shape (bin,)
        Voxels by grey level, at least one.
    edges : ndarray of float, shape (bin + 1,)
        Growing grey levels; a bin holds its left edge.
    intervals : int
        Number of intervals, at least 1.

    Returns
    -------
    tuple of float
        Growing thresholds, one less than intervals, or fewer when fewer bins hold voxels. A grey level at a threshold
        belongs above it; a threshold in a gap without voxels lies in the middle of the gap.

    Notes
    -----
    The variance between the intervals is a sum over them, so dynamic programming over (number of intervals, threshold)
    finds its maximum.

    References
    ----------
    .. [1] Liao, Chen, Chung, "A fast algorithm for multilevel thresholding", J. Inf. Sci. Eng. 17 (2001) 713-727,
       doi:10.6688/JISE.2001.17.5.1
    .. [2] Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. Syst. Man Cybern. 9 (1979) 62-66,
       doi:10.1109/TSMC.1979.4310076

    Examples
    --------
    >>> multi_otsu_thresholds(np.array([5, 0, 0, 4, 0, 7]), np.arange(7.0), 3)
    (2.0, 4.5)
    """
    merged, low, high = occupied_bins(counts[np.newaxis], edges)
    voxels = np.concatenate([[0], np.cumsum(merged[0])]).astype(np.float64)
    middles = (low + high) / 2
    sums = np.concatenate([[0], np.cumsum(merged[0] * (middles - middles.mean()))])
    bins = merged.shape[1]
    mass = voxels[np.newaxis] - voxels[:, np.newaxis]
    moment = sums[np.newaxis] - sums[:, np.newaxis]
    # between[i, j]: what bins i … j - 1 add as one interval.
    between = np.divide(moment**2, mass, out=np.full(mass.shape, -np.inf), where=mass > 0)
    best = between[0].copy()
    begins = []
    for _ in range(min(intervals, bins) - 1):
        total = best[:, np.newaxis] + between
        begins.append(total.argmax(axis=0))
        best = total.max(axis=0)
    cuts, stop = [], bins
    for begin in reversed(begins):
        stop = int(begin[stop])
        cuts.append(stop)
    return tuple(float(high[cut - 1] + low[cut]) / 2 for cut in reversed(cuts))
