"""Tests of partitions by fractions and by ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_data.partitions import AxisSplit, PartitionRange, PartitionRanges, parse_fraction, parse_range

SHAPE = (16, 10, 12)


def test_default_split():
    """Half, an eighth and three eighths of 16 slices are 8, 2 and 6."""
    boxes = AxisSplit().boxes(SHAPE)
    assert {name: str(box) for name, box in boxes.items()} == {
        "train": "z 0:8, y 0:10, x 0:12",
        "validation": "z 8:10, y 0:10, x 0:12",
        "test": "z 10:16, y 0:10, x 0:12",
    }


@given(length=st.integers(8, 3000), shares=st.lists(st.integers(2, 20), min_size=1, max_size=5))
def test_fractions_that_sum_to_one_tile_the_axis(length, shares):
    """No voxel is lost or given twice, whatever is rounded."""
    total = sum(shares)
    length += 10 * total
    split = AxisSplit("y", tuple((str(i), share / total) for i, share in enumerate(shares)))
    boxes = list(split.boxes((4, length, 4)).values())
    assert [box.start[1] for box in boxes] == [0, *(box.stop[1] for box in boxes[:-1])]
    assert boxes[-1].stop[1] == length


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ((("train", 0.9), ("test", 0.2)), "sum to at most 1; got train=0.9 test=0.2"),
        ((("train", 0.0),), "must be positive"),
        ((("train", 0.5), ("train", 0.2)), "unique; got train, train"),
        ((("train", 0.9), ("test", 0.001)), "test=0.001 of 16 voxels holds none"),
    ],
)
def test_bad_fractions(fractions, message):
    """Each with the values received."""
    with pytest.raises(VolumeError, match=message):
        AxisSplit("z", fractions).boxes(SHAPE)


def test_ranges_of_several_axes():
    """Axes that are not named are whole."""
    boxes = PartitionRanges((parse_range("train=z:0:4,x:2:12"), parse_range("test=y:5:10"))).boxes(SHAPE)
    assert str(boxes["train"]) == "z 0:4, y 0:10, x 2:12"
    assert str(boxes["test"]) == "z 0:16, y 5:10, x 0:12"


def test_a_range_outside_the_volume():
    """The message says the range, the shape and the limit."""
    with pytest.raises(VolumeError, match=r"got z:0:20 for partition 'train'.*\(16, 10, 12\).*≤ 16"):
        PartitionRanges((PartitionRange("train", (("z", 0, 20),)),)).boxes(SHAPE)


def test_repeated_names():
    """A name stands for one box."""
    with pytest.raises(VolumeError, match="unique"):
        PartitionRanges((parse_range("a=z:0:4"), parse_range("a=z:4:8"))).boxes(SHAPE)


@pytest.mark.parametrize("text", ["train", "train=z:0", "=z:0:4", "train=w:0:4", "train=z:0:4,z:5:6", "train=z:-1:4"])
def test_ranges_of_another_form(text):
    """The message shows the right form."""
    with pytest.raises(VolumeError, match="NAME=AXIS:START:STOP"):
        parse_range(text)


def test_fractions_are_read():
    """As people write them."""
    assert parse_fraction("train=0.5") == ("train", 0.5)
    assert parse_fraction("all=1") == ("all", 1.0)


@pytest.mark.parametrize("text", ["train", "=0.5", "train=half", "train=", "train=nan"])
def test_fractions_of_another_form(text):
    """The message shows the right form."""
    with pytest.raises(VolumeError, match="NAME=FRACTION"):
        parse_fraction(text)
