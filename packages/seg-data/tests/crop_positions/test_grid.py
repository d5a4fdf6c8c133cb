"""Tests of grid positions."""

from __future__ import annotations

import pytest

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_data.crop_positions.grid import GridStarts


def test_positions_run_in_raster_order_from_the_start_of_the_region():
    """5 voxels take two crops of 3 with starts 0 and 2; x runs fastest."""
    grid = GridStarts(Box(start=(1, 10, 20), shape=(1, 5, 5)), (1, 3, 3))
    assert grid.cycle(0).tolist() == [[1, 10, 20], [1, 10, 22], [1, 12, 20], [1, 12, 22]]
    assert grid.crops_per_cycle == 4


def test_cycles_repeat():
    """A grid is the same in every cycle."""
    grid = GridStarts(Box.whole((2, 7, 7)), (1, 4, 4), (0, 2, 2))
    assert grid.cycle(3).tolist() == grid.cycle(0).tolist()


def test_overlap_as_large_as_the_crop_is_refused():
    """Without progress from crop to crop there is no grid."""
    with pytest.raises(CropError, match="overlap 4 for tile size 4"):
        GridStarts(Box.whole((2, 7, 7)), (1, 4, 4), (0, 4, 0))
