"""Tests of 2D crops cut in one call: those that numpy's slices and the symmetries give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.geometry.symmetries import symmetries_of
from seg_data.crop_cutting import CropCutter

AXES = {"z": (0, 1, 2), "y": (1, 0, 2), "x": (2, 0, 1)}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("normal", ["z", "y", "x"])
@given(data=st.data())
def test_crops_are_those_of_slices(dtype, normal, data):
    """Any crop of any plane, turned in any way, into any places of a batch."""
    shape = data.draw(st.tuples(*[st.integers(4, 9)] * 3))
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    first = data.draw(st.tuples(*[st.integers(0, 5)] * 3))
    side = data.draw(st.integers(1, 4))
    crop = (1, side, data.draw(st.sampled_from([side, 4])))
    symmetries = symmetries_of(crop)
    room = [n - c for n, c in zip(shape, np.array(crop)[np.argsort(AXES[normal])], strict=True)]
    count = data.draw(st.integers(1, 4))
    offsets = np.array([[data.draw(st.integers(0, n)) for n in room] for _ in range(count)])
    turns = np.array([data.draw(st.integers(0, len(symmetries) - 1)) for _ in range(count)])
    places = np.array(data.draw(st.permutations(range(5))))[:count]
    batch = np.zeros((5, *crop), dtype)
    CropCutter(array, first, crop, AXES[normal], symmetries).cut(offsets + first, turns, batch, places)
    expected = np.zeros_like(batch)
    turned = array.transpose(AXES[normal])
    for offset, turn, place in zip(offsets, turns, places, strict=True):
        low = offset[list(AXES[normal])]
        voxels = turned[low[0] : low[0] + 1, low[1] : low[1] + crop[1], low[2] : low[2] + crop[2]]
        expected[place] = symmetries[turn].apply(voxels)
    assert np.array_equal(batch, expected)
