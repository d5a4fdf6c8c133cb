"""Tests of grid positions."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_data.crop_positions.grid import GridStarts


def test_positions_run_in_raster_order_from_the_start_of_the_region():
    """5 voxels take two crops of 3 with starts 0 and 2; x runs fastest."""
    grid = GridStarts(Box(start=(1, 10, 20), shape=(1, 5, 5)), (1, 3, 3))
    assert grid.starts(0, np.arange(4)).tolist() == [[1, 10, 20], [1, 10, 22], [1, 12, 20], [1, 12, 22]]
    assert grid.crops_per_cycle == 4


def test_cycles_repeat():
    """A grid is the same in every cycle."""
    grid = GridStarts(Box.whole((2, 7, 7)), (1, 4, 4), (0, 2, 2))
    places = np.arange(grid.crops_per_cycle)
    assert grid.starts(3, places).tolist() == grid.starts(0, places).tolist()


def test_a_stride_ends_with_the_region():
    """On 7 voxels crops of 3 at stride 3 start at 0, 3 and, to hold the last voxel, 4."""
    grid = GridStarts(Box.whole((1, 1, 7)), (1, 1, 3), stride=(1, 1, 3))
    assert grid.starts(0, np.arange(3))[:, 2].tolist() == [0, 3, 4]


def test_stride_one_is_every_position():
    """4 x 5 positions of a 2 x 2 crop on 5 x 6 voxels; asked for by place, so that none is held in memory."""
    grid = GridStarts(Box.whole((1, 5, 6)), (1, 2, 2), stride=(1, 1, 1))
    assert grid.crops_per_cycle == 20
    assert grid.starts(9, np.array([0, 7, 19])).tolist() == [[0, 0, 0], [0, 1, 2], [0, 3, 4]]
    assert [axis.tolist() for axis in grid.axis_probabilities()] == [[1.0], [0.25] * 4, [0.2] * 5]


def test_a_stride_that_leaves_voxels_out_is_refused():
    """Between crops of 2 at stride 3 lies a voxel that is never offered."""
    with pytest.raises(CropError, match=r"stride \(1, 3, 1\) for crop shape \(1, 2, 2\)"):
        GridStarts(Box.whole((1, 9, 9)), (1, 2, 2), stride=(1, 3, 1))


def test_overlap_as_large_as_the_crop_is_refused():
    """Without progress from crop to crop there is no grid."""
    with pytest.raises(CropError, match="overlap 4 for tile size 4"):
        GridStarts(Box.whole((2, 7, 7)), (1, 4, 4), (0, 4, 0))
