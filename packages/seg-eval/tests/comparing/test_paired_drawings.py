"""Differences drawn in pairs."""

import numpy as np

from seg_eval.comparing.member_counts import MemberCounts
from seg_eval.comparing.paired_drawings import draw_blocks
from seg_eval.streaming.lattice import Lattice

KEY = ("accuracy", None)


def counts(right, voxels=64):
    """A member whose cells hold so many right voxels of class 0 each, in a row of cells along z."""
    cells = np.zeros((len(right), 1, 1, 2, 2), np.int64)
    cells[:, 0, 0, 0, 0] = right
    cells[:, 0, 0, 0, 1] = voxels - np.array(right)
    return MemberCounts(Lattice((4 * len(right), 4, 4), 4), cells, {1: cells.sum(axis=(0, 1, 2))}, None)


def test_equal_members_differ_by_nothing():
    member = counts(np.arange(40))
    drawings = draw_blocks([member, member])
    drawn = drawings.interval_of_difference(0, 1, KEY)
    assert (drawn.low, drawn.high) == (0.0, 0.0)
    assert drawings.best_shares() == [1.0, 1.0]


def test_pairs_tell_apart_what_single_intervals_do_not():
    """Difficulty varies much between blocks, but the second member is right at one voxel more in each."""
    right = np.tile([10, 50, 30, 60], 16)
    drawings = draw_blocks([counts(right), counts(right + 1)])
    first, second = (drawings.interval(k, "accuracy") for k in (0, 1))
    assert first.high > second.low  # alone, the two overlap
    drawn = drawings.interval_of_difference(0, 1, KEY)
    np.testing.assert_allclose([drawn.low, drawn.high], 1 / 64, rtol=1e-12)
    assert drawings.best_shares() == [0.0, 1.0]


def test_intervals_of_differences_hold_the_difference_as_often_as_they_say():
    """Independent blocks, a true difference of 0.05: 95 % of the intervals hold it, give or take 4 standard deviations."""
    rng = np.random.default_rng(0)
    held, runs = 0, 60
    for _ in range(runs):
        right = rng.binomial(64, 0.7, 60)
        drawings = draw_blocks([counts(right), counts(np.minimum(right + rng.binomial(6, 3.2 / 6, 60), 64))])
        drawn = drawings.interval_of_difference(0, 1, KEY)
        held += drawn.low <= 0.05 <= drawn.high
    assert held >= runs * 0.95 - 4 * np.sqrt(runs * 0.95 * 0.05)


def test_tiny_regions_have_no_drawings():
    assert draw_blocks([counts([1, 2, 3]), counts([3, 2, 1])]) is None


def test_voxels_in_parts_are_whole_numbers_times_a_common_multiple():
    """Two voxels seen twice, one answered 0 and 1; one seen three times."""
    answers = {2: np.array([[3, 1], [0, 0]]), 3: np.array([[0, 0], [1, 2]])}
    member = MemberCounts(Lattice((1, 1, 1), 1), np.zeros((1, 1, 1, 2, 2)), answers, None)
    assert member.scaled_confusion.tolist() == [[9, 3], [2, 4]]  # sixths of voxels
