"""Tests of crops cut in one call: those that numpy's slices and the symmetries give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.geometry.symmetries import symmetries_of
from seg_data.crop_cutting import CropCutter
from seg_data.tile_copies import TILE

AXES = {"z": (0, 1, 2), "y": (1, 0, 2), "x": (2, 0, 1)}
SIDES = [1, 2, 5, TILE - 1, TILE, TILE + 1, 2 * TILE + 3]
"""Shorter than a vector, as long, and longer with and without a rest."""


def assert_cut_like_slices(array, first, crop, axes, starts, turns, places):
    """Compare a batch of five places with numpy's views."""
    symmetries = symmetries_of(crop)
    batch = np.zeros((5, *crop), array.dtype)
    CropCutter(array, first, crop, axes, symmetries).cut(starts, turns, batch, places)
    expected = np.zeros_like(batch)
    turned = array.transpose(axes)
    for start, turn, place in zip(starts, turns, places, strict=True):
        low = (start - first)[list(axes)]
        voxels = turned[tuple(slice(a, a + n) for a, n in zip(low, crop, strict=True))]
        expected[place] = symmetries[turn].apply(voxels)
    assert np.array_equal(batch, expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "bool"])
@pytest.mark.parametrize("normal", ["z", "y", "x"])
@given(data=st.data())
def test_crops_are_those_of_slices(dtype, normal, data):
    """Any crop of any plane, turned in any way, into any places of a batch."""
    side = data.draw(st.sampled_from(SIDES))
    crop = (data.draw(st.sampled_from([1, 1, side])), side, data.draw(st.sampled_from([side, 4])))
    axes = AXES[normal]
    room = np.array([data.draw(st.integers(0, 3)) for _ in range(3)])
    shape = np.array(crop)[np.argsort(axes)] + room
    array = np.random.default_rng(0).integers(0, 250, shape).astype(dtype)
    first = np.array([data.draw(st.integers(0, 5)) for _ in range(3)])
    count = data.draw(st.integers(1, 4))
    starts = np.array([[data.draw(st.integers(0, n)) for n in room] for _ in range(count)]) + first
    turns = np.array([data.draw(st.integers(0, len(symmetries_of(crop)) - 1)) for _ in range(count)])
    places = np.array(data.draw(st.permutations(range(5))))[:count]
    assert_cut_like_slices(array, first, crop, axes, starts, turns, places)


@pytest.mark.parametrize("side", [TILE - 1, TILE + 3])
@pytest.mark.parametrize("symmetry", range(48))
def test_every_symmetry_of_the_cube(symmetry, side):
    """All 48, voxel by voxel below the length of a vector and tile by tile above it."""
    array = np.random.default_rng(0).integers(0, 65000, (side + 2, side + 1, side + 3)).astype(np.uint16)
    starts = np.array([[1, 0, 2], [2, 1, 3]])
    assert_cut_like_slices(array, (0, 0, 0), (side,) * 3, AXES["z"], starts, np.array([symmetry] * 2), np.array([3, 1]))
