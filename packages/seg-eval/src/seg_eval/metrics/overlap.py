"""How well prediction and reference overlap: per class, averaged over classes, and over all voxels at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.schema.evaluation_measures import OverlapScores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Overlap:
    """Scores of every class, and their two averages."""

    per_class: tuple[OverlapScores, ...]
    """One per class."""
    mean: OverlapScores
    """Mean of each score over the classes that have it."""
    flat: OverlapScores
    """Scores of the counts summed over all classes."""
    absent: tuple[int, ...]
    """Classes in neither volume."""


def overlap(confusion: NDArray[np.int64]) -> Overlap:
    """Score a confusion matrix.

    Parameters
    ----------
    confusion : ndarray of int, shape (class, class)
        Voxels by (reference class, predicted class).

    Returns
    -------
    Overlap
        Each score in [0, 1], None where it divides by nothing. A class in neither volume has no Jaccard and counts in no
        mean; one that is only predicted, or only in the reference, has Jaccard 0 and counts. Flat Jaccard divides the
        right voxels by those of all unions; flat Dice, precision and recall are all the share of right voxels.

    Notes
    -----
    With I right voxels, R in the reference, P predicted and N in all: Jaccard = I/(R+P-I), Dice = 2I/(R+P), precision =
    I/P, recall = I/R, accuracy of a class = (N-R-P+2I)/N: the share of voxels on whose membership both agree.

    Examples
    --------
    >>> result = overlap(np.array([[3, 1], [0, 2]]))
    >>> result.per_class[0].jaccard, result.per_class[1].dice, result.flat.jaccard
    (0.75, 0.8, 0.7142857142857143)
    """
    right, reference, predicted = np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    total = int(confusion.sum())
    scores = scores_from_confusion(confusion)
    per_class = tuple(
        OverlapScores(
            jaccard=scores.jaccard[k],
            dice=_ratio(2 * right[k], reference[k] + predicted[k]),
            precision=scores.precision[k],
            recall=scores.recall[k],
            accuracy=_ratio(total - reference[k] - predicted[k] + 2 * right[k], total),
        )
        for k in range(len(confusion))
    )
    agree = int(right.sum())
    flat = OverlapScores(
        jaccard=_ratio(agree, 2 * total - agree),
        **dict.fromkeys(("dice", "precision", "recall", "accuracy"), _ratio(agree, total)),
    )
    absent = tuple(np.flatnonzero(reference + predicted == 0).tolist())
    # In an empty class both volumes agree everywhere; its accuracy of 1 would only flatter the mean.
    counted = [score for k, score in enumerate(per_class) if k not in absent]
    mean = OverlapScores(
        **{name: _mean([getattr(score, name) for score in counted]) for name in OverlapScores.model_fields}
    )
    return Overlap(per_class, mean, flat, absent)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _ratio(part: np.int64 | int, whole: np.int64 | int) -> float | None:
    return int(part) / int(whole) if whole else None
