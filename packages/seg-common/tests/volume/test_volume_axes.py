"""Which axes are those of a volume, in arrays of every kind."""

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.volume_axes import index_of_box, picked_axes, volume_axes


@pytest.mark.parametrize(
    ("shape", "axes", "kept"),
    [
        ((5, 6, 7), None, (0, 1, 2)),
        ((1, 1, 1), None, (0, 1, 2)),
        ((1, 5, 6, 7), None, (1, 2, 3)),
        ((5, 1, 6, 7), None, (0, 2, 3)),
        ((5, 6, 7, 1), None, (0, 1, 2)),
        ((1, 5, 6, 1), None, (0, 1, 2)),
        ((1, 1, 5, 6, 7), "tczyx", (2, 3, 4)),
        ((5, 1, 6, 7), "zcyx", (0, 2, 3)),
        ((5, 1, 1, 7), "zcyx", (0, 2, 3)),
        ((1, 6, 7, 1), "zyxc", (0, 1, 2)),
        ((1, 5, 6, 7), ("dim_0", "dim_1", "dim_2", "dim_3"), (1, 2, 3)),
    ],
)
def test_three_axes_are_kept(shape, axes, kept):
    """By their names, or those that hold more than one item."""
    assert volume_axes(shape, "a", axes) == kept
    assert picked_axes(shape, kept) == tuple(shape[axis] for axis in kept)


@pytest.mark.parametrize(
    ("shape", "axes", "words"),
    [
        ((5, 6), None, r"three axes .*shape \(5, 6\)"),
        ((2, 5, 6, 7), None, r"three axes .*shape \(2, 5, 6, 7\)"),
        ((2, 3, 5, 6, 7), "tczyx", "axis t and c must have a length of one; a has t 2, c 3, z 5"),
        ((5, 6, 7), "xyz", "order z, y, x; a has x 5, y 6, z 7"),
        ((5, 1, 6, 7), "zzyx", "order z, y, x"),
    ],
)
def test_everything_else_is_refused_with_its_axes(shape, axes, words):
    """Nothing is guessed, nothing turned."""
    with pytest.raises(VolumeError, match=words):
        volume_axes(shape, "a", axes)


def test_a_box_is_found_among_axes_of_length_one():
    """The result has three axes."""
    array = np.arange(60).reshape(3, 1, 4, 5, 1)
    box = Box(start=(1, 0, 2), shape=(2, 3, 2))
    found = array[index_of_box(box, (0, 2, 3), 5)]
    np.testing.assert_array_equal(found, array.reshape(3, 4, 5)[box.slices()])
