"""Scores by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seg_common.counting.confusion_scores import scores_from_confusion


def test_scores_by_hand():
    """Class 0: 3 right, 4 in the reference, 5 predicted; class 1: 2 right, 4 in the reference, 3 predicted."""
    scores = scores_from_confusion(np.array([[3, 1], [2, 2]]))
    assert scores.jaccard == [3 / 6, 2 / 5]
    assert scores.precision == [3 / 5, 2 / 3]
    assert scores.recall == [3 / 4, 2 / 4]
    assert scores.mean_jaccard == pytest.approx(0.45)
    assert scores.accuracy == 5 / 8


def test_a_class_that_is_nowhere_does_not_count():
    """The mean is over the classes in reference or prediction; a class only predicted counts with 0."""
    scores = scores_from_confusion(np.array([[2, 0, 1], [0, 0, 0], [0, 0, 0]]))
    assert scores.jaccard == [2 / 3, None, 0]
    assert scores.recall == [2 / 3, None, None]
    assert scores.precision == [1, None, 0]
    assert scores.mean_jaccard == pytest.approx(1 / 3)


def test_no_voxels_no_scores():
    """Where everything is ignored nothing is claimed, and nothing divides by zero."""
    scores = scores_from_confusion(np.zeros((2, 2), np.int64))
    assert scores.jaccard == [None, None]
    assert scores.mean_jaccard is None
    assert scores.accuracy is None


matrices = st.integers(1, 4).flatmap(lambda n: arrays(np.int64, (n, n), elements=st.integers(0, 2**40)))


@given(matrices)
def test_scores_are_shares(confusion):
    """Every score lies in [0, 1]; Jaccard is symmetric and below precision and recall, which change places."""
    scores, swapped = scores_from_confusion(confusion), scores_from_confusion(confusion.T)
    values = [*scores.jaccard, *scores.precision, *scores.recall, scores.mean_jaccard, scores.accuracy]
    assert all(value is None or 0 <= value <= 1 for value in values)
    assert swapped.jaccard == scores.jaccard
    assert swapped.precision == scores.recall
    for jaccard, precision, recall in zip(scores.jaccard, scores.precision, scores.recall, strict=True):
        assert jaccard is None or jaccard <= min(v for v in (precision, recall) if v is not None)
