"""Boxes: integers that a reader can work out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seg_common.geometry.box import Box

boxes = st.builds(
    Box,
    start=st.tuples(*[st.integers(-5, 5)] * 3),
    shape=st.tuples(*[st.integers(1, 6)] * 3),
)


def voxels(box):
    z, y, x = (range(a, b) for a, b in zip(box.start, box.stop, strict=True))
    return {(i, j, k) for i in z for j in y for k in x}


def test_the_end_is_exclusive():
    """A box that starts at 2 and has 3 voxels ends before 5."""
    box = Box(start=(0, 2, -1), shape=(1, 3, 4))
    assert box.stop == (1, 5, 3)
    assert box.voxels == 12
    assert box.slices() == (slice(0, 1), slice(2, 5), slice(-1, 3))
    assert Box.between((0, 2, -1), (1, 5, 3)) == box


def test_a_box_reads_as_half_open_ranges():
    """Messages quote a box as z a:b, y a:b, x a:b."""
    assert str(Box(start=(0, 2, -1), shape=(1, 3, 4))) == "z 0:1, y 2:5, x -1:3"


def test_boxes_move_and_grow():
    """Growing adds the halo on both sides of an axis; shifting keeps the shape."""
    box = Box(start=(1, 2, 3), shape=(4, 5, 6))
    assert box.shifted((1, 0, -3)) == Box(start=(2, 2, 0), shape=(4, 5, 6))
    assert box.grown((2, 0, 1)) == Box(start=(-1, 2, 2), shape=(8, 5, 8))


def test_boxes_that_only_touch_share_nothing():
    """The voxel at the end of one box is the first of the next."""
    left, right = Box(start=(0, 0, 0), shape=(2, 2, 2)), Box(start=(0, 0, 2), shape=(2, 2, 2))
    assert left.intersection(right) is None


@given(boxes, boxes)
def test_intersection_is_the_set_of_shared_voxels(a, b):
    """Box arithmetic agrees with sets of voxels."""
    shared = a.intersection(b)
    assert (voxels(shared) if shared else set()) == voxels(a) & voxels(b)
    assert a.contains(b) == (voxels(b) <= voxels(a))


@pytest.mark.parametrize("shape", [(0, 1, 1), (1, -1, 1)])
def test_a_box_holds_a_voxel_on_every_axis(shape):
    """An empty box is refused where it is made."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Box(start=(0, 0, 0), shape=shape)


def test_a_box_is_a_value():
    """Equal boxes are one key, and nobody changes a box behind another's back."""
    box = Box.whole((1, 2, 3))
    assert {box: 1}[Box.whole((1, 2, 3))] == 1
    with pytest.raises(ValidationError, match="frozen"):
        box.start = (1, 1, 1)
