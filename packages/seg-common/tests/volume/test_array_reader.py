"""The interface that all formats share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.array_reader import ArrayReader


class MemoryReader(ArrayReader):
    """An array in memory; raises what it is told to."""

    def __init__(self, array, error=None):
        self.path, self.dataset = "memory", None
        self.array, self.error = array, error
        self.shape, self.dtype = array.shape, array.dtype

    def _read(self, box):
        if self.error:
            raise self.error
        return self.array[box.slices()]


ARRAY = np.arange(4 * 5 * 6).reshape(4, 5, 6)
axis_keys = st.one_of(st.integers(-4, 3), st.just(slice(None)), st.builds(slice, st.integers(0, 2), st.integers(3, 9)))


@given(st.lists(axis_keys, min_size=1, max_size=3))
def test_slicing_agrees_with_numpy(keys):
    """Integers drop an axis, negative ones count from the end, missing axes are whole."""
    key = tuple(keys) if len(keys) > 1 else keys[0]
    np.testing.assert_array_equal(MemoryReader(ARRAY)[key], ARRAY[key])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ((0, 0, 0, 0), "at most three axes"),
        (slice(0, 4, 2), "step 1"),
        (slice(2, 2), "hold a voxel"),
        (4, "index 4 is outside axis z of length 4"),
        ((0, -6), "index -6 is outside axis y of length 5"),
    ],
)
def test_other_indices_are_refused(key, words):
    """What a reader cannot do is said, with the axis and its length."""
    with pytest.raises(IndexError, match=words):
        MemoryReader(ARRAY)[key]


def test_a_box_must_lie_inside():
    """No format may answer with fewer voxels than were asked for."""
    with pytest.raises(VolumeError, match="must lie inside the array; got z 3:5"):
        MemoryReader(ARRAY).read(Box(start=(3, 0, 0), shape=(2, 1, 1)))


@pytest.mark.parametrize("error", [OSError("bad chunk"), ValueError("bad chunk"), RuntimeError("bad chunk")])
def test_a_failing_read_names_file_and_box(error):
    """What a library raises becomes one line that a user understands."""
    with pytest.raises(VolumeError, match=r"readable; memory, box z 0:1, .*: bad chunk\. Is the file truncated"):
        MemoryReader(ARRAY, error)[0]


def test_an_error_that_already_explains_itself_is_passed_on():
    """It is not wrapped in a second explanation."""
    with pytest.raises(VolumeError, match=r"^said$"):
        MemoryReader(ARRAY, VolumeError("said"))[0]


def test_a_closed_reader_says_so():
    """Rather than that the file is damaged."""
    with MemoryReader(ARRAY) as reader:
        assert reader[0].shape == (5, 6)
    with pytest.raises(VolumeError, match="memory is closed"):
        reader[0]
