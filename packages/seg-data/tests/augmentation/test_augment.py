"""Tests of the augmentation of one crop: image, labels and weights together, and each ingredient for itself."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import CropError
from seg_common.schema.augmentation import Augmentation, Elastic
from seg_common.seeding import stream
from seg_data.augmentation.augment import augment, augmentation_halo

EVERYTHING = Augmentation(
    elastic=Elastic(probability=1, max_displacement=(1.0, 2.5, 2.5)), blur=1.0, grey_scale=0.2, grey_shift=9, noise=5
)
ELASTIC = Augmentation(elastic=EVERYTHING.elastic)


def numbers_of(n: int):
    """Random numbers of crop n, by the name of their ingredient."""
    return lambda name: stream(0, f"augmentation {name}", n)


def crop_with_halo(augmentation, shape, dtype="uint8", channels=None, seed=0):
    """Voxels of a crop and its halo: labels in stripes with ignored ones, an image and weights that follow from them."""
    sides = tuple(n + 2 * h for n, h in zip(shape, augmentation_halo(augmentation, shape), strict=True))
    labels = np.random.default_rng(seed).choice(np.array([0, 1, 2, 255], np.uint8), sides)
    image = (labels % 100).astype(dtype) * 20
    if channels:
        image = np.stack([image + np.array(c, dtype) for c in range(channels)], axis=-1)
    return image, labels, labels.astype(np.float32) / 2


@pytest.mark.parametrize("shape", [(1, 16, 12), (8, 9, 10)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_shape_and_dtype_are_kept(shape, dtype):
    """The halo is gone, voxels are of the dtype of the file."""
    image, labels, weights = augment(*crop_with_halo(EVERYTHING, shape, dtype), EVERYTHING, numbers_of(0))
    assert (image.shape, image.dtype) == (shape, dtype)
    assert (labels.shape, labels.dtype) == (shape, np.uint8)
    assert (weights.shape, weights.dtype) == (shape, np.float32)


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_stay_last(channels):
    """2.5D crops have slices as channels."""
    image, labels, _ = augment(*crop_with_halo(EVERYTHING, (1, 16, 12), channels=channels), EVERYTHING, numbers_of(0))
    assert image.shape == (1, 16, 12, channels)
    assert labels.shape == (1, 16, 12)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([(1, 14, 17), (7, 12, 9)]), st.integers(0, 10**6))
def test_labels_and_weights_move_alike(shape, n):
    """Wherever a label went, its weight went too; no value is made that was not there, and 255 moves like any label."""
    _, labels, weights = augment(*crop_with_halo(ELASTIC, shape, seed=n), ELASTIC, numbers_of(n))
    assert set(np.unique(labels)) <= {0, 1, 2, 255}
    assert (labels == 255).any()
    np.testing.assert_array_equal(weights, labels.astype(np.float32) / 2)


def test_image_moves_with_the_labels():
    """Bright and dark halves: where the deformed image is not at the edge between them, it is the label's grey level."""
    sides = tuple(n + 2 * h for n, h in zip((24, 24, 24), augmentation_halo(ELASTIC, (24, 24, 24)), strict=True))
    labels = np.zeros(sides, np.uint8)
    labels[:, :, sides[2] // 2 :] = 1
    moved = 0
    for n in range(5):
        image, turned, _ = augment(labels * 200.0, labels, None, ELASTIC, numbers_of(n))
        np.testing.assert_array_equal(image > 100, turned == 1)
        assert {0.0, 200.0} < set(np.unique(image))
        moved += np.count_nonzero(turned != labels[1:-1, 3:-3, 3:-3])
    assert moved > 100


def test_channels_are_moved_alike_and_their_noise_is_not():
    """Three equal slices are equal after a deformation; after noise they differ."""
    image, labels, _ = crop_with_halo(ELASTIC, (1, 20, 20))
    slices = np.repeat(image[..., None], 3, axis=-1)
    deformed, _, _ = augment(slices, labels, None, ELASTIC, numbers_of(2))
    assert np.array_equal(deformed[..., 0], deformed[..., 2])
    assert np.array_equal(deformed[..., 0], augment(image, labels, None, ELASTIC, numbers_of(2))[0])
    noisy, _, _ = augment(slices + np.uint8(50), None, None, Augmentation(noise=20), numbers_of(2))
    assert not np.array_equal(noisy[..., 0], noisy[..., 2])


def test_an_ingredient_leaves_the_others_as_they_are():
    """The same crop is deformed in the same way whatever else is done, and shifted by the same number."""
    crop = crop_with_halo(ELASTIC, (1, 16, 16), "float64")
    alone = augment(*crop, ELASTIC, numbers_of(4))
    together = augment(*crop, EVERYTHING, numbers_of(4))
    np.testing.assert_array_equal(alone[1], together[1])
    shifted = augment(*crop, Augmentation(elastic=ELASTIC.elastic, grey_shift=9), numbers_of(4))
    difference = shifted[0] - alone[0]
    flat = np.full((1, 8, 8), 50.0)
    expected = augment(flat, None, None, Augmentation(grey_shift=9), numbers_of(4))[0] - flat
    np.testing.assert_allclose(difference, expected[0, 0, 0])


def test_what_is_not_changed_is_not_copied():
    """A crop that is not deformed is the middle of what was given, bit for bit."""
    never = Augmentation(elastic=Elastic(probability=0, max_displacement=(0, 3, 3)))
    given_arrays = crop_with_halo(never, (1, 16, 16))
    for result, source in zip(augment(*given_arrays, never, numbers_of(0)), given_arrays, strict=True):
        assert np.shares_memory(result, source)
        np.testing.assert_array_equal(result, source[:, 3:-3, 3:-3])


@pytest.mark.parametrize(
    "augmentation", [EVERYTHING, Augmentation(grey_shift=9), Augmentation(noise=4), Augmentation(blur=2)]
)
def test_inputs_are_not_modified(augmentation):
    """They may be views of the volume in memory, or of a file: read-only is enough, and any strides are."""
    arrays = [np.asfortranarray(array) for array in crop_with_halo(augmentation, (1, 16, 16), "float32")]
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    first = augment(*arrays, augmentation, numbers_of(1))
    second = augment(*map(np.ascontiguousarray, copies), augmentation, numbers_of(1))
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_crop_is_a_function_of_its_random_numbers():
    """Equal for the same crop number, different for another."""
    run = partial(augment, *crop_with_halo(EVERYTHING, (6, 9, 9)), EVERYTHING)
    same, again, other = run(numbers_of(3))[0], run(numbers_of(3))[0], run(numbers_of(4))[0]
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)


def test_crops_without_labels_have_an_image_only():
    """There is nothing else to move."""
    image, _, _ = crop_with_halo(EVERYTHING, (1, 16, 16))
    assert augment(image, None, None, EVERYTHING, numbers_of(0))[1:] == (None, None)


def test_halo_is_the_largest_displacement():
    """Rounded up; none without a deformation, and none for blur, which mirrors."""
    assert augmentation_halo(EVERYTHING, (8, 32, 32)) == (1, 3, 3)
    assert augmentation_halo(EVERYTHING, (1, 32, 32)) == (0, 3, 3)
    assert augmentation_halo(Augmentation(blur=3.0), (8, 32, 32)) == (0, 0, 0)
    assert augmentation_halo(None, (8, 32, 32)) == (0, 0, 0)
    with pytest.raises(CropError, match="folded"):
        augmentation_halo(EVERYTHING, (8, 6, 32))
