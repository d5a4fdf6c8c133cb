"""How far apart two partitions of the same voxels are, in bits."""

from __future__ import annotations

from math import fsum, log
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import LabelVolumeError
from seg_common.schema.evaluation import VoiScores
from seg_eval.metrics.adapted_rand import segment_voxels
from seg_eval.streaming.pair_table import SegmentPairs

if TYPE_CHECKING:
    from numpy.typing import NDArray


def variation_of_information(contingency: NDArray[np.int64]) -> VoiScores | None:
    """Measure how the prediction splits and merges the segments of the reference.

    The split term says how uncertain the predicted segment of a voxel is once its reference segment is known; the merge
    term says the reverse. Neither asks whether the segments carry the same names.

    Parameters
    ----------
    contingency : ndarray of int, shape (reference segment, predicted segment)
        Voxels by pair of segments, non-negative; ignored voxels left out.

    Returns
    -------
    VoiScores or None
        `split` and `merge`, each in bits, at least 0, and 0 for identical partitions; None when no voxel is counted.

    Raises
    ------
    LabelVolumeError
        If the table is not 2D, or a count is negative.

    Notes
    -----
    With n the voxels of a pair, r and p those of its reference and predicted segment, and N all voxels:
    split = H(prediction | reference) = sum of n/N log2(r/n); merge = H(reference | prediction) = sum of n/N log2(p/n).
    ``skimage.metrics.variation_of_information(reference, prediction)`` returns the same two numbers in this order. The
    terms are computed from integer differences and added without rounding. Time and memory grow with the pairs only.

    References
    ----------
    .. [1] Meilă, "Comparing clusterings - an information based distance", J. Multivariate Anal. 98 (2007) 873-895,
       doi:10.1016/j.jmva.2006.11.013

    Examples
    --------
    One reference segment of 8 voxels that the prediction cuts in two halves:

    >>> import numpy as np
    >>> result = variation_of_information(np.array([[4, 4]]))
    >>> result.split, result.merge
    (1.0, 0.0)
    """
    if contingency.ndim != 2 or (contingency < 0).any():
        msg = (
            f"a contingency table must hold non-negative counts on 2 axes; got shape {contingency.shape} with minimum "
            f"{contingency.min(initial=0)}. Count with seg_common.counting.contingency.contingency_table."
        )
        raise LabelVolumeError(msg)
    reference, prediction = np.nonzero(contingency)
    return voi_of_pairs(SegmentPairs(reference, prediction, contingency[reference, prediction]))


def voi_of_pairs(pairs: SegmentPairs) -> VoiScores | None:
    """Measure the same on a contingency table without its zeros, however many segments there are.

    Parameters
    ----------
    pairs : SegmentPairs
        Voxels by pair of segments.

    Returns
    -------
    VoiScores or None
        See `variation_of_information`; `convention` is left at its default.
    """
    total = int(pairs.voxels.sum())
    if total == 0:
        return None
    (reference_sizes, reference), (predicted_sizes, prediction) = (
        segment_voxels(side, pairs.voxels) for side in (pairs.reference, pairs.prediction)
    )
    return VoiScores(
        split=_conditional_entropy(pairs.voxels, reference_sizes[reference], total),
        merge=_conditional_entropy(pairs.voxels, predicted_sizes[prediction], total),
    )


def _conditional_entropy(pairs: NDArray[np.int64], given: NDArray[np.int64], total: int) -> float:
    # log(given / pair) = log1p((given - pair) / pair) keeps its digits where a pair is nearly the whole segment.
    terms = pairs * np.log1p((given - pairs) / pairs)
    return fsum(terms) / (total * log(2))
