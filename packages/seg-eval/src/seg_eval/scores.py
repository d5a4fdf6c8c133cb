"""From integer counts to the scores of a document: the only place where evaluation divides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.schema.evaluation import BaselineClass, BaselineScores, ClassScores
from seg_eval.metrics.overlap import overlap
from seg_eval.metrics.volume_fraction import volume_fractions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.schema.volume import ClassInfo
    from seg_eval.measurement import Measurement


def class_scores(
    classes: Sequence[ClassInfo],
    measurement: Measurement,
    probability_sums: NDArray[np.float64] | None = None,
    intervals: Sequence[Mapping[str, Any]] = (),
) -> list[ClassScores]:
    """Score every class.

    Parameters
    ----------
    classes : sequence of ClassInfo
        Classes in the order of their indices.
    measurement : Measurement
        Counts.
    probability_sums : ndarray of float, shape (class,), optional
        Probabilities summed over the voxels counted.
    intervals : sequence of mapping
        Intervals of each class, by their fields; none by default.

    Returns
    -------
    list of ClassScores
        One per class; without a reference only what the prediction says.
    """
    predicted = measurement.predicted_counts
    confusion = measurement.confusion
    scores = None if confusion is None else overlap(confusion).per_class
    reference = None if confusion is None else confusion.sum(axis=1)
    fractions = volume_fractions(predicted, reference, probability_sums)
    return [
        ClassScores(
            name=info.name,
            color=info.color,
            jaccard=None if scores is None else scores[index].jaccard,
            precision=None if scores is None else scores[index].precision,
            recall=None if scores is None else scores[index].recall,
            reference_voxels=None if reference is None else int(reference[index]),
            predicted_voxels=int(predicted[index]),
            reference_fraction=fractions[index].reference,
            estimated_fraction=fractions[index].estimated,
            estimated_fraction_by_probability=fractions[index].estimated_by_probability,
            absolute_error=fractions[index].absolute_error,
            relative_error=fractions[index].relative_error,
            dice=None if scores is None else scores[index].dice,
            accuracy=None if scores is None else scores[index].accuracy,
            absolute_error_by_probability=fractions[index].absolute_error_by_probability,
            relative_error_by_probability=fractions[index].relative_error_by_probability,
            **(intervals[index] if intervals else {}),
        )
        for index, info in enumerate(classes)
    ]


def baseline_scores(
    confusion: NDArray[np.int64], classes: Sequence[ClassInfo], *, description: str, fitted_on: str
) -> BaselineScores:
    """Score a method without a network on the same voxels.

    Parameters
    ----------
    confusion : ndarray of int, shape (class, class)
        Voxels by (reference class, class of the baseline).
    classes : sequence of ClassInfo
        Classes in the order of their indices.
    description : str
        What it answers.
    fitted_on : str
        Where it was fitted.

    Returns
    -------
    BaselineScores
        Its scores.
    """
    scores = scores_from_confusion(confusion)
    fractions = volume_fractions(confusion.sum(axis=0))
    return BaselineScores(
        description=description,
        fitted_on=fitted_on,
        mean_jaccard=scores.mean_jaccard,
        classes=[
            BaselineClass(name=info.name, jaccard=jaccard, estimated_fraction=fraction.estimated)
            for info, jaccard, fraction in zip(classes, scores.jaccard, fractions, strict=True)
        ],
    )
