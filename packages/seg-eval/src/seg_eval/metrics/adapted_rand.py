"""How often two voxels that lie together in one partition also lie together in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_eval.streaming.pair_table import SegmentPairs


class AdaptedRand(NamedTuple):
    """Agreement on pairs of voxels; None where a score divides by nothing."""

    error: float | None
    """1 minus the harmonic mean of `precision` and `recall`, in [0, 1]; None when no segment has two voxels."""
    precision: float | None
    """Share of the predicted segments' pairs of voxels that lie in one reference segment; low where segments merge."""
    recall: float | None
    """Share of the reference segments' pairs of voxels that lie in one predicted segment; low where segments split."""


def adapted_rand(pairs: SegmentPairs) -> AdaptedRand:
    """Measure how well two partitions agree on which voxels belong together.

    Parameters
    ----------
    pairs : SegmentPairs
        Voxels by pair of segments; those to ignore are left out.

    Returns
    -------
    AdaptedRand
        Error, precision and recall.

    Notes
    -----
    With n the voxels of a pair, r and p those of a reference and a predicted segment: precision = sum n(n-1) / sum
    p(p-1), recall = sum n(n-1) / sum r(r-1), error = 1 - 2 sum n(n-1) / (sum p(p-1) + sum r(r-1)). All sums are exact
    integers of any size. ``skimage.metrics.adapted_rand_error`` gives the same error; up to version 0.26 it calls the
    precision recall, and the recall precision.

    References
    ----------
    .. [1] Arganda-Carreras et al., "Crowdsourcing the creation of image segmentation algorithms for connectomics",
       Front. Neuroanat. 9 (2015) 142, doi:10.3389/fnana.2015.00142

    Examples
    --------
    A segment of 4 voxels that the prediction cuts in two: 2 · 2 of the 4 · 3 ordered pairs stay together.

    >>> import numpy as np
    >>> from seg_eval.streaming.pair_table import SegmentPairs
    >>> halves = adapted_rand(SegmentPairs(np.array([1, 1]), np.array([1, 2]), np.array([2, 2])))
    >>> round(halves.error, 6), halves.precision, round(halves.recall, 6)
    (0.5, 1.0, 0.333333)
    """
    together = _ordered_pairs(pairs.voxels)
    in_reference = _ordered_pairs(segment_voxels(pairs.reference, pairs.voxels)[0])
    in_prediction = _ordered_pairs(segment_voxels(pairs.prediction, pairs.voxels)[0])
    both = in_reference + in_prediction
    return AdaptedRand(
        error=(both - 2 * together) / both if both else None,
        precision=together / in_prediction if in_prediction else None,
        recall=together / in_reference if in_reference else None,
    )


def segment_voxels(
    segment: NDArray[np.int64], voxels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Add up the voxels of each segment of a list of pairs; give them, and the place of each pair's segment in them."""
    if segment.size == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    _, place = np.unique(segment, return_inverse=True)
    place = place.reshape(-1)
    sums = np.zeros(int(place.max()) + 1, np.int64)
    np.add.at(sums, place, voxels)
    return sums, place


def _ordered_pairs(sizes: NDArray[np.int64]) -> int:
    """Sum of n (n - 1), exact: squares up to 2^62 are summed in two halves, the few larger ones as Python integers."""
    small = sizes[sizes < 2**31]
    squares = small * (small - 1)
    exact: int = (int((squares >> 32).sum()) << 32) + int((squares & 0xFFFFFFFF).sum())
    large: list[int] = sizes[sizes >= 2**31].tolist()
    return exact + sum(n * (n - 1) for n in large)
