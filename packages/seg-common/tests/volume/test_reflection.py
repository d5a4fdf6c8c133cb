"""Reading beyond the border mirrors, as numpy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.reflection import read_reflected


class MemoryReader(ArrayReader):
    """An array in memory that notes what is read."""

    def __init__(self, array):
        self.path, self.dataset = "memory", None
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.boxes = []

    def _read(self, box):
        self.boxes.append(box)
        return self.array[box.slices()]


def row(*values):
    return MemoryReader(np.array(values, np.uint8).reshape(1, 1, -1))


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (-2, 6, [2, 1, 0, 1, 2, 3, 2, 1]),
        (1, 3, [1, 2]),
        (-7, -5, [1, 0]),  # the period of four voxels is six
        (5, 8, [1, 0, 1]),
    ],
)
def test_the_border_is_not_repeated(start, stop, expected):
    """Voxel -1 is voxel 1, not voxel 0."""
    box = Box.between((0, 0, start), (1, 1, stop))
    assert read_reflected(row(0, 1, 2, 3), box, Box.whole((1, 1, 4))).ravel().tolist() == expected


def test_nothing_beyond_the_bounds_is_read():
    """A partition's neighbours may be test voxels."""
    reader = row(*range(10))
    bounds = Box.between((0, 0, 3), (1, 1, 7))
    values = read_reflected(reader, Box.between((0, 0, 1), (1, 1, 9)), bounds)
    assert values.ravel().tolist() == [5, 4, 3, 4, 5, 6, 5, 4]
    assert all(bounds.contains(box) for box in reader.boxes)


def test_one_voxel_fills_everything():
    """There is nothing to mirror along an axis of one voxel."""
    assert (
        read_reflected(row(7), Box.between((-1, 0, -2), (1, 2, 2)), Box.whole((1, 1, 1))).tolist()
        == [[[7] * 4] * 2] * 2
    )


shapes = st.tuples(*[st.integers(1, 5)] * 3)


@given(shapes, st.tuples(*[st.integers(-12, 12)] * 3), shapes)
def test_any_box_is_what_numpy_pads(shape, start, size):
    """Wherever the box lies, even wholly outside."""
    array = np.arange(np.prod(shape)).reshape(shape)
    box = Box(start=start, shape=size)
    before = [max(0, -a) for a in box.start]
    after = [max(0, b - n) for b, n in zip(box.stop, shape, strict=True)]
    padded = np.pad(array, list(zip(before, after, strict=True)), mode="reflect")
    wanted = padded[box.shifted((before[0], before[1], before[2])).slices()]
    read = read_reflected(MemoryReader(array), box, Box.whole(shape))
    np.testing.assert_array_equal(read, wanted)
