"""Tests of coverage without a map of the voxels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seg_data.uncovered import CycleCover, difference, is_covered


@given(data=st.data())
def test_kept_crops_are_those_of_a_map_of_voxels(data):
    """The oracle marks voxels: a rejected crop is kept when one of its voxels is not marked yet."""
    crop = data.draw(st.tuples(*[st.integers(1, 4)] * 3))
    starts = np.array(data.draw(st.lists(st.tuples(*[st.integers(0, 7)] * 3), min_size=1, max_size=12)))
    flags = np.array(
        data.draw(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=len(starts), max_size=len(starts)))
    )
    offered, kept = flags[:, 0], flags[:, 0] & flags[:, 1]
    visited = np.zeros((12, 12, 12), bool)
    expected = []
    for (z, y, x), was_offered, was_kept in zip(starts, offered, kept, strict=True):
        crop_voxels = visited[z : z + crop[0], y : y + crop[1], x : x + crop[2]]
        expected.append(bool(was_offered and (was_kept or not crop_voxels.all())))
        crop_voxels[...] |= expected[-1]
    cover = CycleCover(crop)
    half = len(starts) // 2
    found = [cover.keep_uncovered(starts[part], offered[part], kept[part]) for part in (slice(half), slice(half, None))]
    assert np.concatenate(found).tolist() == expected


@given(boxes=st.lists(st.tuples(*[st.tuples(st.integers(0, 5), st.integers(1, 4))] * 3), min_size=2, max_size=2))
def test_difference_cuts_without_overlap(boxes):
    """The pieces hold each voxel of the first box that is not in the second exactly once."""
    corners = [(tuple(a for a, _ in box), tuple(a + n for a, n in box)) for box in boxes]
    counts = np.zeros((10, 10, 10), int)
    for (z0, y0, x0), (z1, y1, x1) in difference(*corners):
        counts[z0:z1, y0:y1, x0:x1] += 1
    expected = np.zeros((10, 10, 10), int)
    for value, ((z0, y0, x0), (z1, y1, x1)) in zip((1, 0), corners, strict=True):
        expected[z0:z1, y0:y1, x0:x1] = value
    assert np.array_equal(counts, expected)


def test_nothing_covers_nothing():
    """Without others, a box is bare."""
    assert not is_covered(((0, 0, 0), (1, 1, 1)), [])
