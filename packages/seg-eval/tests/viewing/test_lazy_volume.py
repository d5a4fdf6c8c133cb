"""Slicing voxels on disk, against numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_eval.viewing.lazy_volume import LazyVolume

SHAPE = (4, 5, 6)
REGION = Box(start=(10, 20, 30), shape=SHAPE)
VOXELS = np.arange(120, dtype=np.uint16).reshape(SHAPE)

slices = st.builds(slice, *[st.none() | st.integers(-8, 8)] * 2, st.none() | st.integers(1, 3))


def lazy():
    return LazyVolume(REGION, np.uint16, lambda box: VOXELS[box.shifted((-10, -20, -30)).slices()])


def parts(length):
    return slices | st.integers(-length, length - 1)


@given(key=st.tuples(*map(parts, SHAPE)), axes=st.integers(0, 3))
@settings(deadline=None, max_examples=80)
def test_every_key_gives_what_numpy_gives(key, axes):
    """Numbers, slices with steps, and keys for the first axes only."""
    np.testing.assert_array_equal(lazy()[key[:axes]], VOXELS[key[:axes]])
    np.testing.assert_array_equal(lazy()[..., *key[axes:]], VOXELS[..., *key[axes:]])


def test_it_is_an_array_to_numpy():
    """Shape, type and all voxels."""
    volume = lazy()
    assert (volume.shape, volume.ndim, volume.size, len(volume), volume.dtype) == (SHAPE, 3, 120, 4, np.uint16)
    np.testing.assert_array_equal(np.asarray(volume), VOXELS)
    assert np.asarray(volume, float).dtype == float


@pytest.mark.parametrize(("key", "error"), [((0, 0, 0, 0), IndexError), (9, IndexError), ([0, 1], VolumeError)])
def test_other_keys_are_refused(key, error):
    """Rather than read at random."""
    with pytest.raises(error, match="got"):
        lazy()[key]


def test_a_copy_is_needed():
    """There is no array in memory to share."""
    with pytest.raises(ValueError, match="copy=False"):
        np.asarray(lazy(), copy=False) if np.__version__ >= "2" else lazy().__array__(copy=False)
