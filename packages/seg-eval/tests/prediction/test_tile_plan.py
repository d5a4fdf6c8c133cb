import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.prediction.tile_plan import plan_tiles

SIDES = st.tuples(*[st.integers(1, 5)] * 3)


@given(
    region=SIDES,
    start=st.tuples(*[st.integers(0, 5)] * 3),
    used=SIDES,
    halo=st.tuples(*[st.integers(0, 3)] * 3),
    overlap=st.floats(0, 0.9),
    block=SIDES,
)
@settings(deadline=None, max_examples=40)
def test_used_parts_cover_the_region_and_stay_inside(region, start, used, halo, overlap, block):
    """Whatever the shapes, each voxel of the region is used, and none outside."""
    tile = tuple(u + 2 * h for u, h in zip(used, halo, strict=True))
    region = Box(start=start, shape=region)
    plan = plan_tiles(region, tile, halo, overlap)
    visits = np.zeros(region.shape, int)
    for t in plan.tiles_in(region):
        assert region.contains(t.used)
        assert t.read.shape == tile
        visits[t.used.shifted(tuple(-s for s in start)).slices()] += 1
    assert visits.min() >= 1
    assert plan.tiles == plan.count_in(region)
    # A block gets exactly the tiles that meet it, and one read holds all that they see.
    for box in block_boxes(region, block):
        wanted = [t for t in plan.tiles_in(region) if t.used.intersection(box)]
        assert wanted == list(plan.tiles_in(box))
        assert all(plan.read_box(box).contains(t.read) for t in wanted)


def test_grid_overlap_and_halo():
    """Used part 4 of tile 6 over 10 voxels with a quarter shared: starts 0, 3, 6."""
    plan = plan_tiles(Box(start=(0, 100, 0), shape=(1, 10, 4)), (1, 6, 6), (0, 1, 1), overlap=0.25)
    assert plan.axes[1].starts == (0, 3, 6)
    assert plan.min_overlap == (0, 1, 1)
    second = plan.tile_at((0, 1, 0))
    assert str(second.used) == "z 0:1, y 103:107, x 0:4"
    assert str(second.read) == "z 0:1, y 102:108, x -1:5"
    assert second.context == (0, 1, 1)


def test_a_small_region_is_surrounded_by_context():
    """A tile of 8 over 3 voxels has 2 voxels of context in front and 3 behind."""
    plan = plan_tiles(Box.whole((1, 3, 3)), (1, 8, 8), (0, 1, 1), overlap=0)
    tile = plan.tile_at((0, 0, 0))
    assert str(tile.read) == "z 0:1, y -2:6, x -2:6"
    assert tile.used == Box.whole((1, 3, 3))


def test_slices_of_25d_are_read_around_the_classified_one():
    plan = plan_tiles(Box(start=(4, 0, 0), shape=(2, 8, 8)), (1, 8, 8), (0, 0, 0), overlap=0, slices=5)
    assert [str(t.read) for t in plan.tiles_in(plan.region)] == ["z 2:7, y 0:8, x 0:8", "z 3:8, y 0:8, x 0:8"]


@pytest.mark.parametrize(("halo", "overlap"), [((0, 4, 0), 0.0), ((0, -1, 0), 0.0)])
def test_a_halo_that_leaves_nothing_is_refused(halo, overlap):
    with pytest.raises(CropError, match=r"halo must leave a part of the tile.*on axis y"):
        plan_tiles(Box.whole((1, 8, 8)), (1, 8, 8), halo, overlap)


def test_the_overlap_differs_by_axis():
    plan = plan_tiles(Box.whole((8, 8, 8)), (4, 4, 4), (0, 0, 0), (0, 0.25, 0.5))
    assert plan.min_overlap == (0, 1, 2)
    assert [axis.starts for axis in plan.axes] == [(0, 4), (0, 2, 4), (0, 2, 4)]


@pytest.mark.parametrize("overlap", [-0.1, 1.0, (0.5, 0.5), (0, 1, 0)])
def test_an_overlap_outside_its_range_is_refused(overlap):
    with pytest.raises(CropError, match=r"overlap is a share.*got"):
        plan_tiles(Box.whole((1, 8, 8)), (1, 8, 8), (0, 0, 0), overlap)
