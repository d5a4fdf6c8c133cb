"""Voxels and voxel sizes move along when axes are exchanged."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_data.array_in_memory import ArrayInMemory
from seg_data.axis_order import ReorderedAxes, reordered

ARRAY = np.arange(3 * 4 * 5).reshape(3, 4, 5)
ORDERS = ["".join(axes) for axes in permutations("zyx")]


def test_xyz_by_hand():
    """What is stored first is x: voxel [z, y, x] was stored at [x, y, z]."""
    view = reordered(ArrayInMemory(ARRAY), "xyz")
    assert view.shape == (5, 4, 3)
    assert view[4, 1, 2] == ARRAY[2, 1, 4]
    assert np.array_equal(view[:], ARRAY.T)


def test_yzx_by_hand():
    """A cyclic order is not its own inverse."""
    view = reordered(ArrayInMemory(ARRAY), "xzy")  # x has 3, z 4 and y 5 voxels
    assert view.shape == (4, 5, 3)
    assert view[1, 4, 2] == ARRAY[2, 1, 4]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ORDERS), st.data())
def test_boxes_are_those_of_numpy(axes, data):
    """Any box of the view is that of the transposed array, and its place in the store is found both ways."""
    view = reordered(ArrayInMemory(ARRAY), axes)
    expected = ARRAY.transpose([axes.index(axis) for axis in "zyx"])
    start = tuple(data.draw(st.integers(0, n - 1)) for n in view.shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, view.shape, strict=True))
    box = Box.between(start, stop)
    assert view.shape == expected.shape
    assert np.array_equal(view.read(box), expected[box.slices()])
    if isinstance(view, ReorderedAxes):
        assert view.volume_box(view.stored_box(box)) == box


def test_the_voxel_size_belongs_to_its_axis():
    """An axis keeps its length in micrometres."""
    reader = ArrayInMemory(ARRAY)
    reader.voxel_size, reader.voxel_size_unit = (1.0, 2.0, 3.0), "um"
    view = reordered(reader, "yxz")
    assert view.voxel_size == (3.0, 1.0, 2.0)
    assert view.voxel_size_unit == "um"


def test_the_right_order_needs_no_view():
    """Nothing stands between the file and its reader."""
    reader = ArrayInMemory(ARRAY)
    assert reordered(reader, "zyx") is reader


@pytest.mark.parametrize("axes", ["", "zy", "zyy", "abc", "zyxc", "ZYX"])
def test_other_letters_are_refused(axes):
    """The message says what to write."""
    with pytest.raises(VolumeError, match=f"got '{axes}'. Write for example xyz"):
        reordered(ArrayInMemory(ARRAY), axes)


def test_closing_the_view_closes_the_array():
    """No file stays open behind it."""
    reader = ArrayInMemory(ARRAY)
    view = reordered(reader, "xyz")
    view.close()
    with pytest.raises(VolumeError, match="closed"):
        reader[0]
