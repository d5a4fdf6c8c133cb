"""Tests of summed-area tables on a lattice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_data.array_in_memory import ArrayInMemory
from seg_data.crop_content import lattice
from seg_data.crop_content.lattice import build_lattice, choose_cell


@given(data=st.data())
def test_bounds_hold_and_are_exact_on_the_lattice(data):
    """Any volume, region, cell, block and crop: the true counts lie between; with cells of one voxel there is nothing between."""
    shape = data.draw(st.tuples(*[st.integers(1, 9)] * 3))
    labels = np.random.default_rng(data.draw(st.integers(0, 99))).choice([0, 1, 2, 255], shape).astype(np.uint8)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    region = Box.between(start, tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True)))
    crop = tuple(data.draw(st.integers(1, n)) for n in region.shape)
    cell = data.draw(st.tuples(*[st.sampled_from([1, 2, 4])] * 3))
    reader = ArrayInMemory(labels)
    reader.chunk_shape = data.draw(st.tuples(*[st.integers(1, 4)] * 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lattice, "BLOCK_VOXELS", data.draw(st.integers(1, 200)))
        tables = build_lattice(reader, region, cell, [[0], [2], [0, 1, 2]], 3, ignored_label=255)
    first = [data.draw(st.integers(0, n - c)) for n, c in zip(region.shape, crop, strict=True)]
    box = Box(start=tuple(a + b for a, b in zip(first, region.start, strict=True)), shape=crop)
    low, high = tables.bounds(np.array([box.start]), crop)
    counts = np.bincount(labels[box.slices()].ravel(), minlength=256)
    exact = np.array([counts[0], counts[2], counts[:3].sum()])
    assert tables.counts(np.array([box.start]), crop, 1, 2, labels[region.slices()]).tolist() == [counts[2]]
    assert np.all(low[0] <= exact)
    assert np.all(exact <= high[0])
    on_lattice = all(
        a % c == 0 and ((a + n) % c == 0 or a + n == length)
        for a, n, c, length in zip(first, crop, cell, region.shape, strict=True)
    )
    if on_lattice:
        assert low[0].tolist() == exact.tolist() == high[0].tolist()


def test_a_crop_inside_one_cell_is_bounded_by_its_own_size():
    """A crop of 2 x 2 x 2 in a full cell of 8 x 8 x 8 holds at most its 8 voxels."""
    tables = build_lattice(ArrayInMemory(np.ones((8, 8, 8), np.uint8)), Box.whole((8, 8, 8)), (8, 8, 8), [[0], [1]], 2)
    low, high = tables.bounds(np.array([[3, 3, 3]]), (2, 2, 2))
    assert (low.tolist(), high.tolist()) == ([[0, 0]], [[0, 8]])


def test_labels_outside_the_classes_are_refused():
    """The file is named, and the value."""
    with pytest.raises(LabelVolumeError, match="holds 7"):
        build_lattice(ArrayInMemory(np.full((2, 2, 2), 7, np.uint8)), Box.whole((2, 2, 2)), (1, 1, 1), [[0]], 3)


@pytest.mark.parametrize(
    ("region", "crop", "cell"),
    [
        ((512, 512, 512), (96, 96, 96), (4, 4, 4)),
        ((512, 512, 512), (1, 224, 224), (1, 8, 8)),
        ((64, 64, 64), (8, 12, 4), (1, 1, 1)),
    ],
)
def test_cells_follow_the_crop(region, crop, cell):
    """A sixteenth of the crop's side, a power of two, at most 16."""
    assert choose_cell(region, crop) == cell


@pytest.mark.parametrize("crop", [(96, 96, 96), (1, 224, 224), (1, 16, 16), (8, 8, 8)])
def test_tables_of_large_volumes_stay_small(crop):
    """At 2000^3 a table takes at most 16 MiB, whatever the crop."""
    cell = choose_cell((2000, 2000, 2000), crop)
    corners = np.prod([-(-2000 // side) + 1 for side in cell])
    assert 4 * corners <= 2**24
