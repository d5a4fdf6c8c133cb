"""Histograms by region and code, against counting voxel by voxel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_data.statistics.region_counts import RegionCounts

SHAPE = (5, 6, 7)


def boxes() -> st.SearchStrategy[Box]:
    """Any box inside the volume."""

    def make(ends: list[list[int]]) -> Box:
        return Box.between(tuple(min(e) for e in ends), tuple(max(e) for e in ends))

    return st.tuples(*[st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True) for n in SHAPE]).map(make)


def count(regions, codes, grey, block_shape) -> RegionCounts:
    """Count a volume block by block."""
    counts = RegionCounts(regions, int(codes.max()) + 1, grey.dtype)
    for box in block_boxes(Box.whole(codes.shape), block_shape):
        counts.add(box, codes[box.slices()], grey[box.slices()])
    return counts


def test_by_hand():
    """Two regions of two voxels that share one: levels 3, 4, 4 of codes 0, 1, 1."""
    codes, grey = np.array([[[0, 1, 1]]], np.uint8), np.array([[[3, 4, 4]]], np.uint16)
    regions = [Box(start=(0, 0, 0), shape=(1, 1, 2)), Box(start=(0, 0, 1), shape=(1, 1, 2))]
    counts = count(regions, codes, grey, (1, 1, 3))
    assert counts.edges().tolist() == [3, 4, 5]
    assert counts.histograms().tolist() == [[[1, 0], [0, 1]], [[0, 0], [0, 2]]]
    assert counts.voxels().tolist() == [[1, 1], [0, 2]]


def test_levels_that_are_not_finite_are_in_no_bin():
    """They are counted apart, and still are voxels of their class."""
    codes = np.array([[[0, 0, 1, 1]]], np.uint8)
    grey = np.array([[[0.5, np.nan, np.inf, -np.inf]]], np.float32)
    counts = count([Box.whole((1, 1, 4))], codes, grey, (1, 1, 4))
    assert counts.not_finite.tolist() == [[1, 2]]
    assert counts.histograms().sum() == 1
    assert counts.voxels().tolist() == [[2, 2]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99),
    regions=st.lists(boxes(), min_size=1, max_size=4),
    block_shape=st.tuples(*[st.integers(1, n) for n in SHAPE]),
)
def test_blocks_do_not_matter(dtype, seed, regions, block_shape):
    """Any regions, any blocks: as numpy counts the voxels of each region and code."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, SHAPE).astype(np.uint8)
    grey = (rng.integers(0, 2000, SHAPE) * (0.37 if dtype == "float32" else 1)).astype(dtype)
    counts = count(regions, codes, grey, block_shape)
    edges, histograms = counts.edges(), counts.histograms()
    for region, tables in zip(regions, histograms, strict=True):
        inside = region.slices()
        for code, table in enumerate(tables):
            levels = grey[inside][codes[inside] == code].astype(np.float64)
            assert np.histogram(levels, edges)[0].tolist() == table.tolist()
    assert counts.voxels()[:, : codes.max() + 1].sum(axis=1).tolist() == [region.voxels for region in regions]
