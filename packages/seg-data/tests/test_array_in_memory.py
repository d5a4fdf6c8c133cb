"""Tests of voxels held in memory."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_data.array_in_memory import ArrayInMemory, MemoryBudget

VOXELS = np.arange(60).reshape(3, 4, 5)
PART = Box(start=(1, 1, 1), shape=(2, 2, 3))


def test_coordinates_are_those_of_the_whole_volume():
    """A box inside the part reads what it would read from the file."""
    source = ArrayInMemory(VOXELS)
    part = MemoryBudget().load(source, PART)
    box = Box(start=(2, 1, 2), shape=(1, 2, 2))
    assert part is not source
    assert part.shape == source.shape
    assert np.array_equal(part.read(box), VOXELS[box.slices()])


def test_voxels_that_are_not_held():
    """Reading around the part is a mistake in the program, said with both boxes."""
    with pytest.raises(VolumeError, match="held are z 1:3"):
        MemoryBudget().load(ArrayInMemory(VOXELS), PART).read(Box.whole((1, 1, 1)))


def test_parts_over_the_budget_stay_in_the_file():
    """12 voxels of 8 bytes are 96 bytes."""
    source = ArrayInMemory(VOXELS)
    assert MemoryBudget(95).load(source, PART) is source
    assert MemoryBudget(96).load(source, PART) is not source


def test_a_part_is_loaded_once():
    """Three planes of one volume share its voxels, and its share of the budget."""
    source, budget = ArrayInMemory(VOXELS), MemoryBudget(100)
    assert budget.load(source, PART) is budget.load(source, PART)
    assert budget.left == 4
    other = Box(start=(0, 0, 0), shape=(1, 1, 1))
    assert budget.load(source, other) is source
