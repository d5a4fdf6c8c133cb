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


SIZES = {
    ((3, 3, 3), (1.0, 1.0, 1.0)): 48,
    ((3, 3, 3), (2.0, 1.0, 1.0)): 16,
    ((3, 3, 3), (1.0, 1.0, 2.0)): 16,
    ((3, 3, 3), (1.0, 2.0, 4.0)): 8,
    ((2, 3, 3), (2.0, 1.0, 1.0)): 16,
    ((2, 3, 3), (1.0, 1.0, 2.0)): 8,
    ((1, 3, 3), (5.0, 1.0, 1.0)): 8,
    ((1, 3, 3), (1.0, 1.0, 2.0)): 4,
    # float32 and rounded lengths are the same; a tenth of a percent is not.
    ((3, 3, 3), (0.65, float(np.float32(0.65)), 0.65)): 48,
    ((3, 3, 3), (1.0, 1.001, 1.0)): 16,
    # The first and the last differ by more than the tolerance, and are one length through the one between.
    ((3, 3, 3), (1.0, 1.0 + 1.8e-6, 1.0 + 0.9e-6)): 48,
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


@pytest.mark.parametrize(("shape", "voxel_size", "count"), [(*key, count) for key, count in SIZES.items()])
def test_axes_with_voxels_of_different_sizes_are_not_exchanged(shape, voxel_size, count):
    """What stays is a group: 16 when one axis differs, 8 mirrorings when all do; the identity is the first."""
    symmetries = symmetries_of(shape, voxel_size)
    assert len(symmetries) == len(set(symmetries)) == count
    assert symmetries[0] == symmetries_of(shape)[0]
    array = numbered(shape)
    results = {symmetry.apply(array).tobytes() for symmetry in symmetries}
    for a, b in product(symmetries, repeat=2):
        assert a.apply(b.apply(array)).tobytes() in results
    assert {symmetry.inverse() for symmetry in symmetries} == set(symmetries)


@given(
    st.tuples(*[st.integers(1, 4)] * 3),
    st.tuples(*[st.sampled_from([0.5, 1.0, 1.0 + 1e-9, 3.0]) | st.floats(1e-3, 1e3)] * 3),
)
def test_no_symmetry_changes_a_physical_length(shape, voxel_size):
    """The edges of the crop in micrometres are the same before and after; every mirroring is among them."""
    symmetries = symmetries_of(shape, voxel_size)
    edges = np.multiply(shape, voxel_size)
    for symmetry in symmetries:
        np.testing.assert_allclose(edges[list(symmetry.axes)], edges, rtol=3e-6)
        assert symmetry in symmetries_of(shape)
    unmoved = [symmetry for symmetry in symmetries if symmetry.axes == (0, 1, 2)]
    assert len(unmoved) == 2 ** sum(side > 1 for side in shape)


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
