"""Blocks within a memory budget, against counting tile by tile."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.prediction.block_choice import choose_blocks
from seg_eval.prediction.tile_plan import plan_tiles

SIDES = st.tuples(*[st.integers(1, 9)] * 3)


def memory_of(plans, shape, per_voxel, grey):
    """The largest block and the largest box that is read, counted one by one."""
    blocks = list(block_boxes(plans[0].region, shape))
    read = max(plan.read_box(block).voxels for plan in plans for block in blocks)
    return max(block.voxels for block in blocks) * per_voxel + read * grey


def computed(plans, shape):
    return sum(
        plan.count_in(block) * np.prod(plan.tile_shape) for plan in plans for block in block_boxes(plan.region, shape)
    )


@given(region=SIDES, used=SIDES, halo=st.integers(0, 2), normal=st.integers(0, 2), budget=st.integers(20, 4000))
@settings(deadline=None, max_examples=25)
def test_the_choice_is_the_best_of_all_that_fit(region, used, halo, normal, budget):
    box = Box(start=(2, 0, 5), shape=region)
    plans = [
        plan_tiles(box, tuple(u + 2 * halo for u in used), (halo,) * 3, 0.3),
        plan_tiles(box, tuple(u + 2 * halo for u in used[::-1]), (halo,) * 3, 0.5, slices=3, normal=normal),
    ]
    choice = choose_blocks(plans, 13, 2, budget)
    # Reading is estimated axis by axis: never less than what one block really reads.
    assert memory_of(plans, choice.shape, 13, 2) <= choice.bytes
    if choice.bytes <= budget:
        for shape in product(*(sorted({-(-n // parts) for parts in range(1, n + 1)}) for n in region)):
            if memory_of(plans, shape, 13, 2) < choice.bytes:
                assert (
                    computed(plans, choice.shape) <= computed(plans, shape) or memory_of(plans, shape, 13, 2) > budget
                )


def test_one_block_where_the_memory_allows():
    plan = plan_tiles(Box.whole((40, 50, 60)), (16, 16, 16), (2, 2, 2), 0.25)
    assert choose_blocks([plan], 13, 1, 10**9).shape == (40, 50, 60)


@pytest.mark.parametrize("shape", [(2000, 300, 300), (300, 2000, 300), (300, 300, 2000), (1200, 1200, 1200)])
def test_memory_stays_flat_along_every_axis(shape):
    """Whichever axis grows, a block keeps to its budget, and tiles are computed less than twice on average."""
    plan = plan_tiles(Box.whole(shape), (96, 96, 96), (16, 16, 16), 0.25)
    choice = choose_blocks([plan], 13, 1, 2**28)
    assert choice.bytes <= 2**28
    assert sum(plan.count_in(block) for block in block_boxes(plan.region, choice.shape)) < 1.8 * plan.tiles


def test_blocks_are_never_smaller_than_sensible():
    """A budget of a byte: half as much again as the least is taken, to compute fewer tiles twice.

    Tiles of 32 voxels start at -4, 16 and 36: a voxel between two of them needs 52 voxels along each axis.
    """
    plan = plan_tiles(Box.whole((64, 64, 64)), (32, 32, 32), (4, 4, 4), 0)
    choice = choose_blocks([plan], 13, 1, 1)
    assert 52**3 <= choice.bytes <= 1.5 * (52**3 + 13)
    assert np.prod(choice.shape) > 500
