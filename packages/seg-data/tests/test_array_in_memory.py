"""Tests of voxels held in memory."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_data.array_in_memory import ArrayInMemory, in_memory

VOXELS = np.arange(60).reshape(3, 4, 5)
PART = Box(start=(1, 1, 1), shape=(2, 2, 3))


def test_coordinates_are_those_of_the_whole_volume():
    """A box inside the part reads what it would read from the file."""
    source = ArrayInMemory(VOXELS)
    part = in_memory(source, PART)
    box = Box(start=(2, 1, 2), shape=(1, 2, 2))
    assert part is not source
    assert part.shape == source.shape
    assert np.array_equal(part.read(box), VOXELS[box.slices()])


def test_voxels_that_are_not_held():
    """Reading around the part is a mistake in the program, said with both boxes."""
    with pytest.raises(VolumeError, match="held are z 1:3"):
        in_memory(ArrayInMemory(VOXELS), PART).read(Box.whole((1, 1, 1)))


def test_parts_over_the_budget_stay_in_the_file():
    """12 voxels of 8 bytes are 96 bytes."""
    source = ArrayInMemory(VOXELS)
    assert in_memory(source, PART, budget_bytes=95) is source
    assert in_memory(source, PART, budget_bytes=96) is not source
