"""The Keras metrics give the scores of the record."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_train.errors import TrainingError

CLASSES = 4  # the last one is never there, and never predicted


@pytest.fixture(scope="module")
def batches() -> list[tuple[np.ndarray, np.ndarray]]:
    """Labels with ignored voxels, and probabilities that disagree."""
    rng = np.random.default_rng(0)
    return [
        (rng.choice([0, 1, 2, 255], (2, 5, 6)).astype(np.uint8), rng.random((2, 5, 6, 4)) * [1, 1, 0.5, 0])
        for _ in range(3)
    ]


def confusion(batches) -> np.ndarray:
    counts = np.zeros((CLASSES, CLASSES), np.int64)
    for labels, p in batches:
        np.add.at(counts, (labels[labels < 4], p.argmax(-1)[labels < 4]), 1)
    return counts


@pytest.mark.parametrize(
    ("score", "class_index"),
    [("mean_jaccard", None), ("accuracy", None), ("jaccard", 1), ("precision", 2), ("recall", 0), ("recall", 3)],
)
def test_scores_are_those_of_the_totals(tensorflow, batches, score: str, class_index: int | None) -> None:
    """Of all batches together, not the mean of three; not a number where numpy has none; and again after a reset."""
    from seg_train.keras_metrics import ConfusionScore

    expected = getattr(scores_from_confusion(confusion(batches)), score)
    expected = expected if class_index is None else expected[class_index]
    metric = ConfusionScore(CLASSES, score, class_index)
    for _ in range(2):
        metric.reset_state()
        for labels, p in batches:
            metric.update_state(labels, p)
        assert float(metric.result()) == pytest.approx(np.nan if expected is None else expected, nan_ok=True, rel=1e-12)
    assert (metric.confusion.numpy() == confusion(batches)).all()


def test_voxels_and_crops_without_weight_are_left_out(tensorflow, batches) -> None:
    """Other weights do not count: a score is a share of voxels."""
    from seg_train.keras_metrics import ConfusionScore

    (labels, p), *_ = batches
    metric = ConfusionScore(CLASSES, "accuracy")
    metric.update_state(labels[..., None], p, sample_weight=np.array([2.0, 0.0]))
    assert (metric.confusion.numpy() == confusion([(labels[:1], p[:1])])).all()
    weights = np.random.default_rng(1).integers(0, 2, labels.shape) * 0.5
    metric.reset_state()
    metric.update_state(labels, p, sample_weight=weights)
    assert (metric.confusion.numpy() == confusion([(np.where(weights > 0, labels, 255), p)])).all()


def test_a_class_is_named_where_it_is_needed(tensorflow) -> None:
    """And only there."""
    from seg_train.keras_metrics import ConfusionScore

    for score, class_index in (("jaccard", None), ("accuracy", 1)):
        with pytest.raises(TrainingError, match="class_index belongs to"):
            ConfusionScore(3, score, class_index)
    metric = ConfusionScore(3, "precision", 2)
    assert metric.name == "precision_2"
    assert ConfusionScore.from_config(metric.get_config()).class_index == 2
