"""The voxel size of the file is taken unless the user gives one."""

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_data.array_in_memory import ArrayInMemory
from seg_data.source_voxel_size import choose_voxel_size

SIZE, OTHER = (2.0, 1.0, 1.0), (3.0, 1.0, 1.0)


def reader(size, unit):
    """An array that tells a voxel size."""
    array = ArrayInMemory(np.zeros((2, 2, 2), np.uint8))
    array.voxel_size, array.voxel_size_unit = size, unit
    return array


@pytest.mark.parametrize(
    ("found", "found_unit", "size", "unit", "expected", "notes"),
    [
        (None, None, None, None, (None, None), 0),
        (None, None, SIZE, "um", (SIZE, "um"), 0),
        (SIZE, "um", None, None, (SIZE, "um"), 0),
        (SIZE, None, None, "µm", (SIZE, "um"), 0),
        (SIZE, "um", OTHER, "um", (OTHER, "um"), 1),
        (SIZE, "um", (2.0001, 1.0, 1.0), "um", ((2.0001, 1.0, 1.0), "um"), 0),
        (SIZE, "um", (0.002, 0.001, 0.001), "mm", ((0.002, 0.001, 0.001), "mm"), 0),
        (SIZE, "um", SIZE, "mm", (SIZE, "mm"), 1),
        (SIZE, "furlong", SIZE, "mm", (SIZE, "mm"), 1),
        (SIZE, "um", OTHER, None, (OTHER, "um"), 1),
    ],
)
def test_choice(found, found_unit, size, unit, expected, notes):
    """A line tells when the two are different lengths, also in other units."""
    told = []
    assert choose_voxel_size(reader(found, found_unit), size, unit, told.append) == expected
    assert len(told) == notes
    assert not told or "memory says (2, 1, 1)" in told[0]


@pytest.mark.parametrize(
    ("found_unit", "unit", "message"),
    [
        (None, None, r"tells \(2, 1, 1\) without one. Give --unit"),
        ("um", "mm", r"got 'mm', but memory says \(2, 1, 1\) um"),
    ],
)
def test_units_that_are_missing_or_differ(found_unit, unit, message):
    """No unit is guessed, and no number is taken for another unit's."""
    with pytest.raises(VolumeError, match=message):
        choose_voxel_size(reader(SIZE, found_unit), None, unit, print)
