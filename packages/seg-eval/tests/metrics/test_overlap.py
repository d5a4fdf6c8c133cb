"""Overlap scores of a confusion matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_eval.metrics.overlap import overlap


def test_scores_by_hand():
    """Class 1: 6 right, 2 missed, 1 added of 20 voxels; class 2 is nowhere; class 3 only predicted."""
    confusion = np.array([[10, 1, 0, 1], [2, 6, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    result = overlap(confusion)
    one, nowhere, invented = result.per_class[1:]
    assert (one.jaccard, one.dice, one.precision, one.recall, one.accuracy) == (6 / 9, 12 / 15, 6 / 7, 6 / 8, 17 / 20)
    assert (nowhere.jaccard, nowhere.dice, nowhere.precision, nowhere.recall) == (None,) * 4
    assert (invented.jaccard, invented.dice, invented.precision, invented.recall) == (0.0, 0.0, 0.0, None)
    assert result.absent == (2,)
    assert result.mean.jaccard == pytest.approx((10 / 14 + 6 / 9 + 0) / 3)
    assert result.mean.recall == pytest.approx((10 / 12 + 6 / 8) / 2)
    assert result.mean.accuracy == pytest.approx((16 / 20 + 17 / 20 + 19 / 20) / 3)
    # 16 right of 20; the unions of all classes hold 20 + 20 - 16.
    assert (result.flat.jaccard, result.flat.dice, result.flat.accuracy) == (16 / 24, 16 / 20, 16 / 20)


def test_no_voxel_no_score():
    """Everything was ignored."""
    result = overlap(np.zeros((2, 2), np.int64))
    assert set(result.mean.model_dump().values()) == set(result.flat.model_dump().values()) == {None}


@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_dice_and_jaccard_say_the_same(seed):
    """Dice = 2 J / (1 + J), for each class and flat."""
    result = overlap(np.random.default_rng(seed).integers(0, 50, (3, 3)))
    for scores in (*result.per_class, result.flat):
        if scores.jaccard is not None:
            assert scores.dice == pytest.approx(2 * scores.jaccard / (1 + scores.jaccard))
