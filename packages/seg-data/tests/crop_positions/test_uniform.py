"""Tests of uniform positions."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_data.crop_positions.uniform import UniformStarts


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_crops_lie_inside_the_region(data):
    """Whatever the region and the crop, no voxel outside is drawn."""
    shape = data.draw(st.tuples(*[st.integers(1, 9)] * 3))
    crop = tuple(data.draw(st.integers(1, n)) for n in shape)
    region = Box(start=data.draw(st.tuples(*[st.integers(0, 5)] * 3)), shape=shape)
    numbers = np.array([data.draw(st.tuples(*[st.floats(0, 1, exclude_max=True)] * 3)), [1 - 2**-53] * 3, [0.0] * 3])
    for z, y, x in UniformStarts(region, crop).starts(numbers).tolist():
        assert region.contains(Box(start=(z, y, x), shape=crop))


def test_every_position_is_equally_likely():
    """A 4-voxel axis has 3 starts for a crop of 2: each is drawn in a third of 3000 draws, within 4 sigma."""
    starts = UniformStarts(Box(start=(5, 0, 0), shape=(4, 1, 1)), (2, 1, 1))
    counts = np.bincount(starts.starts(np.random.default_rng(0).random((3000, 3)))[:, 0], minlength=8)[5:]
    assert len(counts) == 3
    assert np.all(np.abs(counts - 1000) < 4 * np.sqrt(3000 * 1 / 3 * 2 / 3))
