"""Reliability, ROC and average precision of binned probabilities, against ranks and thresholds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from seg_common.geometry.box import Box
from seg_eval.metrics.calibration import average_precision, probability_scores, roc_area
from seg_eval.streaming.probability_counts import SCORE_BINS, StreamingProbabilities


def counted(p, classes):
    """A row of voxels: probability of class 1, reference class."""
    p = np.asarray(p, float)
    region = Box.whole((1, 1, p.size))
    counts = StreamingProbabilities(region, 2)
    codes = (np.asarray(classes) + 1).astype(np.uint8).reshape(region.shape)
    counts.add(region, np.stack([1 - p, p], axis=-1).reshape(*region.shape, 2), codes)
    return counts


def test_reliability_by_hand():
    """0.72 and 0.74, of which one is right; 0.1, which is rightly low: mean of |0.73 - 0.5| twice and |0.1 - 0| once."""
    pore = probability_scores(counted([0.72, 0.74, 0.1], [1, 0, 0]), ["matrix", "pore"]).classes[1]
    filled = [(b.low, b.high, b.voxels, b.frequency) for b in pore.reliability if b.voxels]
    assert filled == [(0.1, 0.15, 1, 0.0), (0.7, 0.75, 2, 0.5)]
    assert pore.expected_calibration_error == pytest.approx((2 * 0.23 + 0.1) / 3)
    assert pore.roc_area == 0.5
    assert pore.average_precision == 0.5


def test_the_highest_probability_is_judged_over_all_classes():
    """0.72 right, 0.74 wrong, 0.9 right."""
    scores = probability_scores(counted([0.72, 0.74, 0.1], [1, 0, 0]), ["matrix", "pore"])
    assert scores.expected_calibration_error == pytest.approx((2 * 0.23 + 0.1) / 3)
    assert sum(b.voxels for b in scores.reliability) == 3


def test_honest_probabilities_have_no_calibration_error():
    """20 000 voxels that are of the class as often as their probability says."""
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    scores = probability_scores(counted(p, rng.random(p.size) < p), ["matrix", "pore"])
    assert scores.classes[1].expected_calibration_error < 0.02
    overconfident = probability_scores(counted((p > 0.5) * 1.0, rng.random(p.size) < p), ["matrix", "pore"])
    assert overconfident.classes[1].expected_calibration_error == pytest.approx(0.25, abs=0.02)


@given(seed=st.integers(0, 2**32 - 1), positives=st.integers(1, 30), negatives=st.integers(1, 30))
@settings(deadline=None, max_examples=40)
def test_areas_equal_those_of_ranks_and_thresholds(seed, positives, negatives):
    """Mann and Whitney's U for the ROC; every threshold tried for the average precision."""
    rng = np.random.default_rng(seed)
    bins = rng.integers(0, 8, positives + negatives) * 100
    is_positive = np.arange(bins.size) < positives
    counts = np.stack([np.bincount(bins[is_positive == kind], minlength=SCORE_BINS) for kind in (False, True)])
    u = mannwhitneyu(bins[is_positive], bins[~is_positive]).statistic
    assert roc_area(counts) == pytest.approx(u / (positives * negatives), rel=1e-12)
    expected, found = 0.0, 0
    for threshold in np.unique(bins)[::-1]:
        taken = bins >= threshold
        more = (taken & is_positive).sum()
        expected += (more - found) / positives * more / taken.sum()
        found = more
    assert average_precision(counts) == pytest.approx(expected, rel=1e-12)


def test_without_one_of_the_two_kinds_there_is_no_area():
    """A class that fills the reference, or is absent from it."""
    full, empty = probability_scores(counted([0.3, 0.6], [1, 1]), ["matrix", "pore"]).classes[::-1]
    assert (full.roc_area, full.average_precision) == (None, 1.0)
    assert (empty.roc_area, empty.average_precision) == (None, None)
    nothing = probability_scores(StreamingProbabilities(Box.whole((1, 1, 1)), 1), ["matrix"])
    assert nothing.expected_calibration_error is None
