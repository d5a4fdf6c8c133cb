"""Whether probabilities mean what they say, and how well they rank voxels, from binned counts."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.evaluation_measures import (
    ClassProbabilityScores,
    ProbabilityScores,
    ReliabilityBin,
)
from seg_eval.streaming.probability_counts import SCORE_BINS, STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_eval.streaming.probability_counts import StreamingProbabilities

RELIABILITY_BINS = 20


def probability_scores(counts: StreamingProbabilities, class_names: Sequence[str]) -> ProbabilityScores:
    """Score the probabilities of a region.

    Parameters
    ----------
    counts : StreamingProbabilities
        Counted against a reference.
    class_names : sequence of str
        Classes in the order of their indices.

    Returns
    -------
    ProbabilityScores
        Reliability in 20 bins of one width, expected calibration error, areas under curves. Null where a class has no
        voxel in the reference, or nothing else.

    Notes
    -----
    Expected calibration error: mean over voxels of |mean probability - share that is right| of their bin; for a class by
    its own probability, for all classes by the highest one. Area under the ROC curve: the chance that a voxel of the
    class has a higher probability than another voxel, where voxels in one of 1000 bins count as equal. Average precision:
    sum of precision times the gain in recall, over the bins from the highest down.

    References
    ----------
    .. [1] Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI (2015),
       doi:10.1609/aaai.v29i1.9602
    .. [2] Fawcett, "An introduction to ROC analysis", Pattern Recognit. Lett. 27 (2006) 861-874,
       doi:10.1016/j.patrec.2005.10.010
    .. [3] Davis, Goadrich, "The relationship between precision-recall and ROC curves", ICML (2006) 233-240,
       doi:10.1145/1143844.1143874
    """
    right = counts.confidence_counts.sum(axis=0)
    top = _reliability(right, counts.confidence_steps)
    return ProbabilityScores(
        score_bins=SCORE_BINS,
        expected_calibration_error=_expected_error(top),
        reliability=top,
        classes=[
            _class_scores(name, counts.score_counts[k], counts.score_steps[k]) for k, name in enumerate(class_names)
        ],
    )


def _class_scores(name: str, counts: NDArray[np.int64], steps: NDArray[np.int64]) -> ClassProbabilityScores:
    reliability = _reliability(counts, steps)
    return ClassProbabilityScores(
        name=name,
        expected_calibration_error=_expected_error(reliability),
        roc_area=roc_area(counts),
        average_precision=average_precision(counts),
        reliability=reliability,
    )


def roc_area(counts: NDArray[np.int64]) -> float | None:
    """Area under the ROC curve of binned scores, shape (negative or positive, bin); None without one of the two kinds.

    Examples
    --------
    One positive above one negative, one equal to it: (1 + 1/2) / 2.

    >>> roc_area(np.array([[0, 1, 0], [0, 1, 1]]))
    0.75
    """
    negative, positive = counts.astype(object)
    pairs = int(negative.sum()) * int(positive.sum())
    if not pairs:
        return None
    below = np.cumsum(negative) - negative
    won = int((positive * (2 * below + negative)).sum())
    return won / (2 * pairs)


def average_precision(counts: NDArray[np.int64]) -> float | None:
    """Average precision of binned scores, shape (negative or positive, bin); None without a positive.

    Examples
    --------
    A positive on top, then a negative, then a positive: (1 + 2/3) / 2.

    >>> round(average_precision(np.array([[0, 1, 0], [1, 0, 1]])), 6)
    0.833333
    """
    negative, positive = counts[:, ::-1]
    total = int(positive.sum())
    if not total:
        return None
    found, taken = np.cumsum(positive), np.cumsum(positive + negative)
    hits = positive > 0
    return fsum((positive[hits] * (found[hits] / taken[hits])).tolist()) / total


def _reliability(counts: NDArray[np.int64], steps: NDArray[np.int64]) -> list[ReliabilityBin]:
    """Join fine bins; counts have the shape (wrong or right, bin)."""
    wrong, right = counts.reshape(2, RELIABILITY_BINS, -1).sum(axis=2)
    sums = steps.reshape(RELIABILITY_BINS, -1).sum(axis=1)
    return [
        ReliabilityBin(
            low=k / RELIABILITY_BINS,
            high=(k + 1) / RELIABILITY_BINS,
            voxels=int(wrong[k] + right[k]),
            mean_probability=int(sums[k]) / STEPS / int(wrong[k] + right[k]) if wrong[k] + right[k] else None,
            frequency=int(right[k]) / int(wrong[k] + right[k]) if wrong[k] + right[k] else None,
        )
        for k in range(RELIABILITY_BINS)
    ]


def _expected_error(bins: Sequence[ReliabilityBin]) -> float | None:
    total = sum(one.voxels for one in bins)
    if not total:
        return None
    gaps = [
        one.voxels * abs(one.mean_probability - one.frequency)
        for one in bins
        if one.mean_probability is not None and one.frequency is not None
    ]
    return fsum(gaps) / total
