"""Classes by slice and what adjacent slices share, against masks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_data.statistics.slice_counts import SliceCounts


def count(codes: np.ndarray, classes: int, block_shape: tuple[int, int, int]) -> SliceCounts:
    """Count a volume block by block."""
    counts = SliceCounts(codes.shape, classes)
    for box in block_boxes(Box.whole(codes.shape), block_shape):
        counts.add(box, codes[box.slices()])
    return counts


def test_by_hand():
    """Slices 001, 011 and 2·· of classes 0 and 1, where 2 and · are no class."""
    codes = np.array([[[0, 0, 1]], [[0, 1, 1]], [[2, 2, 1]]], np.uint8)
    counts = count(codes, 2, (3, 1, 3))
    assert counts.voxels(0).tolist() == [[2, 1, 0], [1, 2, 0], [0, 1, 2]]
    # Slices 0 and 1: class 0 shares 1 of 2 voxels, class 1 shares 1 of 2. Slices 1 and 2 are both labelled at x = 2 only.
    assert counts.intersection(0).tolist() == [[1, 1], [0, 1]]
    assert counts.union(0).tolist() == [[2, 2], [0, 1]]
    # Along x: columns 00·, 01·, 111; the first two differ in the middle row.
    assert counts.intersection(2).tolist() == [[1, 0], [0, 1]]
    assert counts.union(2).tolist() == [[2, 1], [1, 2]]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 999), gaps=st.booleans(), shape=st.tuples(*[st.integers(1, 7)] * 3))
def test_blocks_do_not_matter(data, seed, gaps, shape):
    """Any shape, any blocks, with and without ignored voxels: as masks of whole slices tell."""
    classes = 3
    codes = np.random.default_rng(seed).integers(0, classes + gaps, shape).astype(np.uint8)
    counts = count(codes, classes, data.draw(st.tuples(*[st.integers(1, n) for n in shape])))
    for axis in range(3):
        slices = np.moveaxis(codes, axis, 0)
        voxels = [np.bincount(plane.ravel(), minlength=classes + 1).tolist() for plane in slices]
        assert counts.voxels(axis).tolist() == voxels
        for i, (a, b) in enumerate(pairwise(slices)):
            known = (a < classes) & (b < classes)
            for c in range(classes):
                assert counts.intersection(axis)[i, c] == ((a == c) & (b == c)).sum()
                assert counts.union(axis)[i, c] == (((a == c) | (b == c)) & known).sum()
