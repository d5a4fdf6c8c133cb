"""Tests of covering positions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_data.crop_positions.covering import CoveringStarts, draw_covering_starts, start_probabilities, starts_per_axis


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_each_cycle_offers_every_voxel(data):
    """Whatever the region, the crop, the seed and the cycle: no voxel is left out, no crop leaves the region."""
    shape = data.draw(st.tuples(*[st.integers(1, 12)] * 3))
    crop = tuple(data.draw(st.integers(1, n)) for n in shape)
    region = Box(start=data.draw(st.tuples(*[st.integers(0, 4)] * 3)), shape=shape)
    passes = data.draw(st.integers(1, 3))
    covering = CoveringStarts(region, crop, data.draw(st.integers(0, 99)), passes)
    starts = covering.starts(data.draw(st.integers(0, 50)), np.arange(covering.crops_per_cycle))
    visits = np.zeros(region.stop, int)
    for z, y, x in starts:
        box = Box(start=(int(z), int(y), int(x)), shape=crop)
        assert region.contains(box)
        visits[box.slices()] += 1
    assert visits[region.slices()].min() >= passes


@pytest.mark.parametrize(
    ("length", "size", "count"),
    [
        (7, 7, 1),  # the only position
        (8, 4, 3),  # two would leave no room for an offset
        (9, 4, 3),  # three leave three voxels of room
        (10, 4, 4),
        (6, 1, 6),  # single slices have no offset
    ],
)
def test_starts_per_axis(length, size, count):
    """Hand-counted: as many crops as the worst offset needs."""
    assert starts_per_axis(length, size) == count


def test_every_position_of_an_axis_occurs():
    """Over many draws a crop of 4 starts at each of the 7 positions on 10 voxels."""
    starts = draw_covering_starts(np.random.default_rng(0), 10, 4, 500)
    assert sorted(set(starts.ravel().tolist())) == list(range(7))


def test_voxels_in_the_middle_are_visited_about_once():
    """On 1000 voxels, crops of 10 make 101 visits of 10 voxels: the voxels away from the ends are in just one of them mostly."""
    starts = draw_covering_starts(np.random.default_rng(1), 1000, 10, 1)[0]
    visits = np.bincount((starts[:, None] + np.arange(10)).ravel(), minlength=1000)
    assert np.mean(visits[10:-10] == 1) > 0.95


def test_cycles_and_seeds_differ_and_repeat():
    """Another cycle or seed gives other crops in another order; the same gives the same."""

    def drawn(cycle: int, seed: int, *counters: int) -> list[list[int]]:
        covering = CoveringStarts(Box.whole((4, 20, 20)), (1, 8, 8), seed, 1, *counters)
        return covering.starts(cycle, np.arange(covering.crops_per_cycle)).tolist()

    assert drawn(0, 1) == drawn(0, 1)
    assert drawn(0, 1) != drawn(1, 1)
    assert drawn(0, 1) != drawn(0, 2)
    assert drawn(0, 1) != drawn(0, 1, 5)


@pytest.mark.parametrize(("length", "size"), [(7, 7), (8, 4), (10, 4), (23, 6), (6, 1)])
def test_probabilities_of_starts_are_those_drawn(length, size):
    """Of 4000 coverings, each start occurs as often as computed, within 5 sigma; the probabilities sum to 1."""
    probabilities = start_probabilities(length, size)
    drawn = draw_covering_starts(np.random.default_rng(3), length, size, 4000)
    counts = np.bincount(drawn.ravel(), minlength=length - size + 1)
    assert probabilities.sum() == pytest.approx(1)
    assert np.all(np.abs(counts - drawn.size * probabilities) <= 5 * np.sqrt(drawn.size * probabilities))
