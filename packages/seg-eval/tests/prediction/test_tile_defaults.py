import pytest

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_eval.prediction.tile_defaults import (
    default_batch_size,
    default_halo,
    default_tile_shape,
    require_tile_fits,
)
from seg_eval.prediction.tile_plan import plan_tiles


@pytest.mark.parametrize(
    ("dimensions", "divisor", "halo"),
    [
        ("2D", (1, 2, 2), (0, 8, 8)),
        ("2D", (1, 64, 64), (0, 32, 32)),
        ("2.5D", (1, 8, 8), (0, 32, 32)),
        ("3D", (4, 4, 4), (8, 8, 8)),
        ("3D", (16, 16, 16), (16, 16, 16)),
        ("3D", (1, 4, 8), (2, 8, 16)),  # no level halves z
    ],
)
def test_halo_follows_the_depth_up_to_a_bound(dimensions, divisor, halo):
    assert default_halo(dimensions, divisor) == halo


@pytest.mark.parametrize(
    ("dimensions", "crop", "region", "tile"),
    [
        ("2D", (1, 128, 128), (96, 256, 256), (1, 320, 320)),  # the whole slice and its halo
        ("2D", (1, 128, 128), (96, 1040, 1300), (1, 576, 576)),  # 512 used
        ("2D", (1, 640, 640), (9, 2000, 2000), (1, 640, 640)),  # never less than a crop
        ("2.5D", (1, 64, 64), (4, 5, 30), (1, 72, 96)),  # rounded up to the divisor
        ("3D", (32, 64, 64), (96, 256, 256), (96, 96, 96)),
        ("3D", (32, 128, 128), (8, 500, 500), (40, 128, 128)),
    ],
)
def test_tiles_fit_region_and_crop(dimensions, crop, region, tile):
    divisors = (8, 8, 8) if dimensions == "3D" else (1, 8, 8)
    halo = default_halo(dimensions, divisors)
    assert default_tile_shape(dimensions, divisors, crop, region, halo) == tile
    require_tile_fits(dimensions, divisors, tile, halo)


def test_an_axis_that_is_halved_less_gets_a_tile_that_fits_it():
    """Strides of 1 along z: ten slices and their halo of 2 need no multiple of 8."""
    divisors = (1, 8, 8)
    halo = default_halo("3D", divisors)
    tile = default_tile_shape("3D", divisors, (5, 64, 64), (10, 500, 500), halo)
    assert (halo, tile) == ((2, 16, 16), (14, 96, 96))
    require_tile_fits("3D", divisors, tile, halo)


def test_batches_hold_half_a_million_voxels():
    plan = plan_tiles(Box.whole((96, 256, 256)), (1, 320, 320), (0, 32, 32), 0.25)
    assert default_batch_size(plan) == 5
    large = plan_tiles(Box.whole((96, 256, 256)), (96, 96, 96), (16, 16, 16), 0.25)
    assert default_batch_size(large) == 1


def test_a_side_that_does_not_divide_is_refused():
    with pytest.raises(CropError, match=r"multiple of 8 .* got y = 100 in tile shape"):
        require_tile_fits("2D", (1, 8, 8), (1, 100, 96), (0, 0, 0))
    with pytest.raises(CropError, match=r"multiple of \(2, 8, 8\) .* got z = 5 in tile shape"):
        require_tile_fits("3D", (2, 8, 8), (5, 96, 96), (0, 0, 0))


@pytest.mark.parametrize(("tile", "halo"), [((8, 64, 64), (0, 0, 0)), ((1, 64, 64), (1, 0, 0))])
def test_several_slices_for_a_2d_network_are_refused(tile, halo):
    with pytest.raises(CropError, match="one slice at a time"):
        require_tile_fits("2D", (1, 8, 8), tile, halo)
