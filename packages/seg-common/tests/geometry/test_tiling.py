"""Grids cover everything; blocks partition; windows are positive."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import blending_window, block_boxes, grid_starts


@pytest.mark.parametrize(
    ("length", "size", "overlap", "starts"),
    [
        (10, 4, 0, [0, 3, 6]),
        (8, 4, 0, [0, 4]),
        (9, 4, 2, [0, 1, 3, 5]),  # 5 voxels of room in steps of at most 2: three steps
        (4, 4, 3, [0]),
        (5, 1, 0, [0, 1, 2, 3, 4]),
    ],
)
def test_grid_starts_by_hand(length, size, overlap, starts):
    """The fewest tiles, evenly spread, the first at 0 and the last at the end."""
    assert grid_starts(length, size, overlap) == starts


@given(st.data())
def test_a_grid_covers_with_the_fewest_tiles_that_overlap_enough(data):
    """Every voxel is covered, neighbours overlap by at least what was asked, and one tile fewer would not do."""
    length = data.draw(st.integers(1, 200))
    size = data.draw(st.integers(1, length))
    overlap = data.draw(st.integers(0, size - 1))
    starts = grid_starts(length, size, overlap)
    assert starts[0] == 0
    assert starts[-1] == length - size
    steps = np.diff(starts)
    assert all(0 < step <= size - overlap for step in steps)
    assert {i for start in starts for i in range(start, start + size)} == set(range(length))
    assert len(starts) == 1 or (len(starts) - 2) * (size - overlap) + size < length
    assert len(steps) == 0 or steps.max() - steps.min() <= 1


@pytest.mark.parametrize("size", [0, 5])
def test_a_tile_must_fit(size):
    """A tile larger than the region is refused with both numbers."""
    with pytest.raises(CropError, match=f"must fit inside the region.*size {size} for length 4"):
        grid_starts(4, size)


@pytest.mark.parametrize("overlap", [-1, 4])
def test_an_overlap_must_leave_progress(overlap):
    """Tiles that overlap wholly would never end."""
    with pytest.raises(CropError, match=f"overlap must be in .*got overlap {overlap} for tile size 4"):
        grid_starts(8, 4, overlap)


@given(
    st.tuples(*[st.integers(-4, 4)] * 3),
    st.tuples(*[st.integers(1, 9)] * 3),
    st.tuples(*[st.integers(1, 12)] * 3),
)
def test_blocks_partition_the_region_in_raster_order(start, shape, block_shape):
    """Each voxel of the region is in one block, and blocks come with z slowest."""
    region = Box(start=start, shape=shape)
    visits = np.zeros(shape, int)
    blocks = list(block_boxes(region, block_shape))
    for block in blocks:
        assert region.contains(block)
        assert all(n <= most for n, most in zip(block.shape, block_shape, strict=True))
        visits[block.shifted((-start[0], -start[1], -start[2])).slices()] += 1
    assert (visits == 1).all()
    assert [block.start for block in blocks] == sorted(block.start for block in blocks)


@pytest.mark.parametrize("shape", [(0, 1, 1), (1, -2, 1)])
def test_a_block_must_hold_a_voxel(shape):
    """A side of 0 or less would cut nothing, silently."""
    with pytest.raises(CropError, match="block must hold a voxel"):
        list(block_boxes(Box.whole((2, 2, 2)), shape))


@given(st.integers(1, 300))
def test_windows_are_positive_symmetric_and_at_most_one(size):
    """A weight of zero would divide by zero where tiles do not overlap."""
    for kind in ("mean", "gaussian"):
        window = blending_window(size, kind)
        assert window.dtype == np.float32
        assert window.shape == (size,)
        assert 0 < window.min() <= window.max() <= 1
        np.testing.assert_array_equal(window, window[::-1])


def test_windows_by_hand():
    """The mean weighs all alike; the Gaussian of 8 voxels has sigma 1, and its middle lies between two voxels."""
    assert blending_window(3, "mean").tolist() == [1, 1, 1]
    distances = np.array([-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(blending_window(8, "gaussian"), np.exp(-(distances**2) / 2), rtol=1e-6)


def test_an_unknown_window_is_refused():
    """A misspelt kind never falls back to another one."""
    with pytest.raises(CropError, match="one of mean, gaussian; got 'hann'"):
        blending_window(4, "hann")
