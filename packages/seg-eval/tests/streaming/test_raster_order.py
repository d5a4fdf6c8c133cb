"""Blocks must partition the region in raster order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.streaming.raster_order import RasterOrder, thin_blocks


def order_after(region, *blocks):
    order = RasterOrder(region)
    for block in blocks:
        order.advance(block)
    return order


def test_slabs_and_rows_are_announced():
    """The first block of a slab begins a row as well."""
    order = RasterOrder(Box.whole((2, 2, 2)))
    begins = [order.advance(block) for block in block_boxes(Box.whole((2, 2, 2)), (1, 1, 1))]
    assert begins == [(True, True), (False, False), (False, True), (False, False)] * 2
    assert order.complete


@pytest.mark.parametrize(
    ("block", "wanted"),
    [
        (Box.between((0, 0, 3), (2, 2, 4)), r"a start of \(0, 0, 2\)"),  # a gap
        (Box.between((0, 0, 1), (2, 2, 4)), r"a start of \(0, 0, 2\)"),  # an overlap
        (Box.between((0, 2, 0), (2, 4, 4)), r"a start of \(0, 0, 2\)"),  # the next row too early
        (Box.between((0, 0, 2), (1, 2, 4)), "z end 2"),  # thinner than its slab
        (Box.between((0, 0, 2), (2, 3, 4)), "y end 2"),  # higher than its row
        (Box.between((0, 0, 2), (2, 2, 5)), r"\[z 0:4, y 0:4, x 0:4\]"),  # out of the region
    ],
)
def test_a_block_out_of_order_is_refused(block, wanted):
    """The message names the block and what was due."""
    order = order_after(Box.whole((4, 4, 4)), Box.between((0, 0, 0), (2, 2, 2)))
    with pytest.raises(VolumeError, match=wanted):
        order.advance(block)


def test_a_refused_block_changes_nothing():
    """The right block is still accepted afterwards."""
    order = order_after(Box.whole((1, 1, 4)), Box.between((0, 0, 0), (1, 1, 2)))
    with pytest.raises(VolumeError, match="raster order"):
        order.advance(Box.between((0, 0, 3), (1, 1, 4)))
    order.advance(Box.between((0, 0, 2), (1, 1, 4)))
    assert order.complete


def test_a_block_after_the_last_one_is_refused():
    """A region is covered once."""
    whole = Box.whole((2, 2, 2))
    with pytest.raises(VolumeError, match="no further block was due"):
        order_after(whole, whole).advance(whole)


def test_missing_blocks_are_named():
    """An unfinished region gives no result."""
    order = order_after(Box.whole((4, 4, 4)), Box.between((0, 0, 0), (2, 4, 4)))
    with pytest.raises(VolumeError, match=r"got none at \(2, 0, 0\) of region"):
        order.require_complete()


@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    block_shape=st.tuples(*[st.integers(1, 6)] * 3),
    voxels=st.integers(1, 60),
)
@settings(deadline=None, max_examples=60)
def test_thin_blocks_keep_the_order(shape, block_shape, voxels):
    """Whatever the blocks: thin ones partition the region in raster order, and are as small as asked where they can."""
    region = Box(start=(3, 0, 1), shape=shape)
    order = RasterOrder(region)
    for block in block_boxes(region, block_shape):
        for thin in thin_blocks(block, region, voxels):
            order.advance(thin)
            row = thin.shape[2] * (thin.shape[1] if block.shape[1] == region.shape[1] else thin.shape[0])
            assert thin == block if block.shape[2] < region.shape[2] else thin.voxels <= max(voxels, row)
    order.require_complete()
