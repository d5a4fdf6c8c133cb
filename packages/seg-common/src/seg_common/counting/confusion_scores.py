"""Scores from a confusion matrix: integers until the last division."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ConfusionScores:
    """Agreement of prediction and reference; None where a score divides by nothing."""

    jaccard: list[float | None]
    """Intersection / union of each class; None for a class that is in neither volume."""
    precision: list[float | None]
    """Right share of the predicted voxels of each class; None when none is predicted."""
    recall: list[float | None]
    """Found share of the reference's voxels of each class; None when there is none."""
    mean_jaccard: float | None
    """Mean Jaccard over the classes that are in reference or prediction."""
    accuracy: float | None
    """Share of right voxels."""


def scores_from_confusion(confusion: NDArray[np.int64]) -> ConfusionScores:
    """Compute Jaccard, precision, recall and accuracy.

    Parameters
    ----------
    confusion : ndarray of int, shape (class, class)
        Voxels by (reference class, predicted class).

    Returns
    -------
    ConfusionScores
        Scores in [0, 1].

    Examples
    --------
    >>> scores_from_confusion(np.array([[3, 1], [0, 2]])).jaccard
    [0.75, 0.6666666666666666]
    """
    right = np.diagonal(confusion)
    reference = confusion.sum(axis=1)
    predicted = confusion.sum(axis=0)
    jaccard = [_ratio(i, r + p - i) for i, r, p in zip(right, reference, predicted, strict=True)]
    present = [value for value in jaccard if value is not None]
    return ConfusionScores(
        jaccard=jaccard,
        precision=[_ratio(i, p) for i, p in zip(right, predicted, strict=True)],
        recall=[_ratio(i, r) for i, r in zip(right, reference, strict=True)],
        mean_jaccard=sum(present) / len(present) if present else None,
        accuracy=_ratio(right.sum(), confusion.sum()),
    )


def _ratio(part: np.int64, whole: np.int64) -> float | None:
    return int(part) / int(whole) if whole else None
