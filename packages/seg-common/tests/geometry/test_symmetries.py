"""The symmetries of a crop form a group and move voxels without changing them."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.geometry.symmetries import symmetries_of

SHAPES = {
    (3, 3, 3): 48,
    (2, 3, 3): 16,
    (3, 2, 3): 16,
    (2, 3, 4): 8,
    (1, 3, 3): 8,
    (1, 2, 3): 4,
    (1, 1, 3): 2,
    (1, 1, 1): 1,
}


def numbered(shape):
    return np.arange(np.prod(shape)).reshape(shape)


@pytest.mark.parametrize(("shape", "count"), SHAPES.items())
def test_every_symmetry_is_there_once_and_keeps_the_shape(shape, count):
    """48 for the cube, 8 for the square slice; the identity is the first, and no two of them are the same."""
    turned = [symmetry.apply(numbered(shape)) for symmetry in symmetries_of(shape)]
    assert len(turned) == count
    assert {array.shape for array in turned} == {shape}
    assert len({array.tobytes() for array in turned}) == count
    np.testing.assert_array_equal(turned[0], numbered(shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_symmetries_form_a_group(shape):
    """One after another is again one of them, and each has its inverse among them."""
    symmetries = symmetries_of(shape)
    array = numbered(shape)
    results = {symmetry.apply(array).tobytes() for symmetry in symmetries}
    for symmetry in symmetries:
        assert symmetry.inverse() in symmetries
        np.testing.assert_array_equal(symmetry.inverse().apply(symmetry.apply(array)), array)
        np.testing.assert_array_equal(symmetry.apply(symmetry.inverse().apply(array)), array)
    for a, b in product(symmetries[:16], symmetries[-16:]):
        assert a.apply(b.apply(array)).tobytes() in results


@given(st.sampled_from(list(SHAPES)), st.data())
def test_image_and_labels_move_alike_and_labels_keep_their_histogram(shape, data):
    """What stood at one voxel still stands at one voxel, channels included."""
    symmetry = data.draw(st.sampled_from(symmetries_of(shape)))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    labels = rng.integers(0, 3, shape)
    image = np.stack([labels * 10, labels * 20], axis=-1)
    turned = symmetry.apply(labels)
    np.testing.assert_array_equal(symmetry.apply(image)[..., 0], turned * 10)
    np.testing.assert_array_equal(symmetry.apply(image)[..., 1], turned * 20)
    np.testing.assert_array_equal(np.bincount(turned.ravel()), np.bincount(labels.ravel()))


def test_a_turned_array_is_a_view():
    """Nothing is copied until the batch is put together."""
    array = numbered((3, 3, 3))
    assert all(np.shares_memory(symmetry.apply(array), array) for symmetry in symmetries_of((3, 3, 3)))
