"""A table of blobs in a few numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label, regionprops

from seg_common.geometry.box import Box
from seg_eval.metrics.blob_statistics import Surroundings, blob_statistics
from seg_eval.streaming.streaming_blobs import label_blobs


def bars(*lengths):
    """A row of bars along x, one voxel apart, in a plane of their own."""
    row = [value for length in lengths for value in [*[1] * length, 0]]
    return np.array([[row]], np.uint8)


def test_sizes_of_four_bars():
    """1, 2, 4, 5 voxels: total 12, mean 3, median (2 + 4) / 2 = 3; cubic-ness (1 + 1/2 + 1/4 + 1/5) / 4."""
    statistics = blob_statistics(label_blobs(bars(1, 4, 2, 5), 1))
    assert (statistics.count, statistics.total, statistics.min, statistics.max) == (4, 12, 1, 5)
    assert (statistics.mean, statistics.median) == (3.0, 3.0)
    assert statistics.mean_cubicness == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 5) / 4)


@pytest.mark.parametrize(("axis", "name"), [(0, "z"), (1, "y"), (2, "x")])
def test_box_of_the_largest_blob(axis, name):
    """A plate of 2 by 4 voxels lies along its longer side and is a quarter cubic."""
    codes = np.zeros((6, 6, 6), np.uint8)
    where = [slice(1, 2)] * 3
    where[axis], where[axis - 1] = slice(1, 5), slice(1, 3)
    codes[tuple(where)] = 1
    statistics = blob_statistics(label_blobs(codes, 1))
    largest = statistics.largest[0]
    assert largest.box == Box.between((1, 1, 1), tuple(part.stop for part in where))
    assert (largest.voxels, largest.longest_side, largest.longest_axis, largest.cubicness) == (8, 4, name, 0.25)
    assert (statistics.longest_side, statistics.longest_axis) == (4, name)
    assert statistics.longest_axis_counts == {"z": 0, "y": 0, "x": 0} | {name: 1}


def test_a_cube_is_cubic_and_lies_along_z():
    """Of equal sides the first of z, y, x counts."""
    largest = blob_statistics(label_blobs(np.ones((2, 2, 2), np.uint8), 1)).largest[0]
    assert (largest.longest_axis, largest.cubicness) == ("z", 1.0)


def test_the_longest_side_need_not_be_the_largest_blob():
    """A plate of 9 voxels, and a bar of 5 that is longer."""
    codes = np.zeros((1, 5, 5), np.uint8)
    codes[0, :3, :3] = codes[0, 4, :] = 1
    statistics = blob_statistics(label_blobs(codes, 1))
    assert (statistics.largest[0].voxels, statistics.longest_side, statistics.longest_axis) == (9, 5, "x")


def test_the_largest_blobs_come_first_and_equal_ones_in_raster_order():
    """Sizes 2, 3, 2, 3, 2 with 4 listed: both of 3, then the first two of 2."""
    statistics = blob_statistics(label_blobs(bars(2, 3, 2, 3, 2), 1), largest=4)
    assert [(blob.voxels, blob.box.start[2]) for blob in statistics.largest] == [(3, 3), (3, 10), (2, 0), (2, 7)]


def test_no_blob_gives_null_and_zero():
    """Every axis is named even then."""
    statistics = blob_statistics(label_blobs(np.zeros((1, 1, 1), np.uint8), 1))
    assert (statistics.count, statistics.total, statistics.largest) == (0, 0, [])
    assert {statistics.min, statistics.max, statistics.mean, statistics.median, statistics.longest_axis} == {None}
    assert statistics.longest_axis_counts == {"z": 0, "y": 0, "x": 0}


def test_no_list_on_request():
    """`largest=0` leaves the boxes out."""
    assert blob_statistics(label_blobs(bars(1, 2), 1), largest=0).largest == []


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    connectivity=st.sampled_from([1, 2, 3]),
    largest=st.integers(0, 12),
)
@settings(deadline=None)
def test_numbers_equal_those_of_regionprops(seed, shape, connectivity, largest):
    """Sizes, boxes and their order are those that scikit-image gives."""
    codes = (np.random.default_rng(seed).random(shape) < 0.4).astype(np.uint8)
    regions = regionprops(label(codes, connectivity=connectivity))
    statistics = blob_statistics(label_blobs(codes, connectivity), largest)
    areas = [int(region.area) for region in regions]
    assert (statistics.count, statistics.total) == (len(areas), sum(areas))
    if areas:
        assert (statistics.min, statistics.max, statistics.median) == (min(areas), max(areas), np.median(areas))
    firsts = {tuple(region.coords[np.lexsort(region.coords.T[::-1])[0]]): region for region in regions}
    ordered = sorted(firsts.items(), key=lambda item: (-item[1].area, item[0]))[:largest]
    assert [(*blob.box.start, *blob.box.stop) for blob in statistics.largest] == [r.bbox for _, r in ordered]


def bar_table():
    """A bar of 6 voxels along z at the border of the region, and a patch of 4 voxels inside."""
    codes = np.zeros((8, 8, 8), np.uint8)
    codes[:6, 1, 1] = 1
    codes[4, 4:6, 4:6] = 1
    return label_blobs(codes, 1)


def test_borders_and_physical_units():
    """Voxels of 1, 4 and 4 µm: the bar is 6 µm long, the patch 8 µm, so another blob and another axis are the longest."""
    statistics = blob_statistics(bar_table(), surroundings=Surroundings(Box.whole((8, 8, 8)), (1.0, 4.0, 4.0), "µm"))
    assert (statistics.longest_side, statistics.longest_axis) == (6, "z")
    physical = statistics.physical
    assert (physical.unit, physical.longest_side, physical.longest_axis) == ("µm", 8.0, "y")
    assert (physical.total, physical.min, physical.max, physical.mean) == (160.0, 64.0, 96.0, 80.0)
    assert physical.mean_cubicness == pytest.approx((4 / 6 + 1 / 8) / 2)
    assert (statistics.touching_border, statistics.share_touching_border) == (1, 0.5)
    bar, patch = statistics.largest
    assert (bar.touches_border, bar.centroid, bar.volume) == (True, (2.5, 1.0, 1.0), 96.0)
    assert (patch.touches_border, patch.centroid) == (False, (4.0, 4.5, 4.5))


def test_percentiles_and_histogram_hold_their_edges():
    """Sizes 4 and 6 lie in one bin from 4 to below 8."""
    statistics = blob_statistics(bar_table())
    assert (statistics.histogram.edges, statistics.histogram.counts) == ([1, 2, 4, 8], [0, 0, 2])
    assert (statistics.percentiles.p50, statistics.percentiles.p75) == (4, 6)
    assert (statistics.physical, statistics.touching_border, statistics.largest[0].touches_border) == (None, None, None)


def test_a_single_slice_has_no_border_across_it():
    """All its blobs would touch it."""
    table = label_blobs(np.pad(np.ones((1, 2, 2), np.uint8), ((0, 0), (1, 1), (1, 1))), 1)
    assert blob_statistics(table, surroundings=Surroundings(Box.whole((1, 4, 4)))).touching_border == 0


def test_no_blob_has_no_physical_size():
    """Null where nothing can be measured, 0 where nothing was counted."""
    table = label_blobs(np.zeros((2, 2, 2), np.uint8), 1)
    statistics = blob_statistics(table, surroundings=Surroundings(Box.whole((2, 2, 2)), (1.0, 1.0, 1.0), "nm"))
    assert (statistics.physical.total, statistics.physical.max, statistics.physical.longest_axis) == (0.0, None, None)
    assert (statistics.touching_border, statistics.share_touching_border, statistics.histogram) == (0, None, None)
