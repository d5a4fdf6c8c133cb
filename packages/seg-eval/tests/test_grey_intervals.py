"""The best intervals of grey levels are found exactly."""

from itertools import combinations_with_replacement, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_eval import grey_intervals
from seg_eval.grey_intervals import best_grey_intervals

HISTOGRAMS = hnp.arrays(
    np.int64, st.tuples(st.integers(1, 3), st.integers(1, 6)), elements=st.integers(0, 9) | st.integers(0, 10**10)
).filter(np.any)


def mean_jaccard(histograms, labels_of_bins):
    n_classes = len(histograms)
    confusion = np.zeros((n_classes, n_classes), np.int64)
    for column, answer in zip(histograms.T, labels_of_bins, strict=True):
        confusion[:, answer] += column
    return scores_from_confusion(confusion).mean_jaccard


def best_by_trying_everything(histograms, orders=None):
    """Highest mean Jaccard over all orders of the classes and all cuts, empty intervals included."""
    n_classes, bins = histograms.shape
    return max(
        mean_jaccard(histograms, np.repeat(order, [stop - start for start, stop in pairwise([0, *cuts, bins])]))
        for order in orders or permutations(range(n_classes))
        for cuts in combinations_with_replacement(range(bins + 1), n_classes - 1)
    )


def answers(intervals, edges):
    """Class of every bin, asked at its middle."""
    middles = (edges[1:] + edges[:-1]) / 2
    return np.array(intervals.classes)[np.searchsorted(intervals.thresholds, middles, side="right")]


@given(HISTOGRAMS)
@settings(deadline=None)
def test_no_other_order_or_cut_is_better(histograms):
    """Dynamic programming finds the maximum of an exhaustive search, and says truly how good it is."""
    edges = np.arange(histograms.shape[1] + 1.0)
    intervals = best_grey_intervals(histograms, edges)
    assert intervals.mean_jaccard == pytest.approx(best_by_trying_everything(histograms), rel=1e-12)


@given(HISTOGRAMS)
@settings(deadline=None)
def test_the_answer_reaches_what_it_promises(histograms):
    """Classifying every bin by the thresholds gives the mean Jaccard of the result."""
    occupied = histograms[:, histograms.any(axis=0)]  # a threshold may cut a bin without voxels in the middle
    edges = np.arange(occupied.shape[1] + 1.0)
    intervals = best_grey_intervals(occupied, edges)
    assert mean_jaccard(occupied, answers(intervals, edges)) == pytest.approx(intervals.mean_jaccard, rel=1e-12)


def test_beyond_the_limit_classes_keep_the_order_of_their_mean_grey_levels(monkeypatch):
    """With the limit at 1 class: the optimum over cuts in that order only."""
    monkeypatch.setattr(grey_intervals, "MOST_CLASSES_IN_ANY_ORDER", 1)
    histograms = np.array([[6, 0, 0, 9, 0], [0, 8, 3, 0, 0], [0, 0, 4, 0, 2]])
    # means: 27/15 = 1.8; (8 + 6)/11 = 1.27; (8 + 8)/6 = 2.67
    expected = best_by_trying_everything(histograms, orders=[(1, 0, 2)])
    assert best_grey_intervals(histograms, np.arange(6.0)).mean_jaccard == pytest.approx(expected)
    assert expected < best_by_trying_everything(histograms)


def test_a_threshold_lies_in_the_middle_of_a_gap():
    """Voxels in [0, 1) and [7, 8): the threshold is half-way between 1 and 7, wherever the bins are."""
    histograms = np.zeros((2, 8), np.int64)
    histograms[0, 0] = histograms[1, 7] = 5
    intervals = best_grey_intervals(histograms, np.arange(9.0))
    assert (intervals.thresholds, intervals.classes, intervals.mean_jaccard) == ((4.0,), (0, 1), 1.0)


def test_a_class_that_never_occurs_gets_no_interval():
    """It would only lower the mean."""
    intervals = best_grey_intervals(np.array([[3, 0], [0, 0], [0, 2]]), np.arange(3.0))
    assert (intervals.thresholds, intervals.classes) == ((1.0,), (0, 2))


def test_a_class_that_costs_more_than_it_gains_gets_no_interval():
    """Both in one bin: either takes it all, 10/11 is better than 1/11."""
    intervals = best_grey_intervals(np.array([[1], [10]]), np.array([0.0, 1.0]))
    assert (intervals.thresholds, intervals.classes) == ((), (1,))
    assert intervals.mean_jaccard == pytest.approx(10 / 11 / 2)


def test_very_fine_histograms_are_merged():
    """4096 bins of a 12-bit scan: two classes that meet at 2000 are still separated there, within 4 grey levels."""
    histograms = np.zeros((2, 4096), np.int64)
    histograms[0, :2000] = histograms[1, 2000:] = 1
    intervals = best_grey_intervals(histograms, np.arange(4097.0))
    assert intervals.thresholds == (2000.0,)
    assert intervals.classes == (0, 1)
