"""The Keras layers do what crops undergo in numpy."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.geometry.symmetries import symmetries_of
from seg_common.schema.augmentation import Augmentation, Elastic
from seg_data.augmentation.grey_levels import as_real, as_stored
from seg_data.augmentation.grey_levels import change_grey_levels as change_in_numpy
from seg_train.errors import TrainingError


@pytest.fixture(scope="module")
def layers(tensorflow):
    """The module, once TensorFlow is there."""
    import seg_train.layers

    return seg_train.layers


class Fixed:
    """Stands for a generator whose next numbers are known."""

    def __init__(self, value) -> None:
        self.value = value

    def uniform(self, low: float, high: float):
        assert low <= np.min(self.value) <= np.max(self.value) <= high
        return self.value

    def standard_normal(self, shape, dtype):
        return self.normal.astype(dtype)


@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 4, 6), (4, 4, 4), (2, 4, 4)])
def test_every_symmetry_is_the_one_of_numpy(layers, shape: tuple[int, int, int]) -> None:
    """All 4 to 48 of them, for images with channels in 2D and 3D and for labels."""
    rng = np.random.default_rng(0)
    symmetries = symmetries_of(shape)
    rank = 2 if shape[0] == 1 else 3
    images = rng.integers(0, 255, (len(symmetries), *shape, 2), np.uint8)
    expected = np.stack([symmetry.apply(image) for symmetry, image in zip(symmetries, images, strict=True)])
    layer = layers.RandomSymmetry(rank)
    squeeze = (slice(None), 0) if rank == 2 else (slice(None),)
    indices = np.arange(len(symmetries), dtype=np.int32)
    assert (layer.turned(images[squeeze], indices).numpy() == expected[squeeze]).all()
    assert (layer.turned(images[..., 0][squeeze], indices).numpy() == expected[..., 0][squeeze]).all()


def test_images_labels_and_weights_turn_alike(layers, tensorflow) -> None:
    """Labels that are grey levels stay so, crops differ, and nothing happens outside training."""
    labels = np.random.default_rng(0).integers(0, 255, (12, 8, 8), np.uint8)
    layer = layers.RandomSymmetry(2, seed=0)
    batch = {"images": labels[..., None], "labels": labels, "weights": labels.astype(np.float32)}
    turned = tensorflow.function(lambda given: layer(given, training=True))(batch)
    assert (turned["images"].numpy()[..., 0] == turned["labels"].numpy()).all()
    assert (turned["weights"].numpy() == turned["labels"].numpy()).all()
    assert (np.sort(turned["labels"].numpy().reshape(12, -1)) == np.sort(labels.reshape(12, -1))).all()
    unchanged = [(a == b).all() for a, b in zip(turned["labels"].numpy(), labels, strict=True)]
    assert sum(unchanged) < 8
    assert (layer(batch, training=False)["labels"].numpy() == labels).all()


def test_voxels_that_are_no_cubes_are_mirrored_only(layers) -> None:
    """As in numpy; and a shape must be known."""
    layer = layers.RandomSymmetry(3, voxel_size=(5.0, 1.0, 1.0))
    assert layer.symmetries((2, 4, 4, 4, 1)) == symmetries_of((4, 4, 4), (5.0, 1.0, 1.0))
    with pytest.raises(TrainingError, match="known shape"):
        layer.symmetries((2, None, 4, 4, 1))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "int32", "float64"])
@pytest.mark.parametrize("shape", [(3, 1, 9, 7, 2), (3, 4, 3, 5, 1)])
def test_grey_levels_change_as_in_numpy(layers, dtype: str, shape: tuple[int, ...]) -> None:
    """The same numbers drawn give the same contrast, brightness and noise: to the last bit of integers, if not blurred."""
    rng = np.random.default_rng(0)
    images = (rng.random(shape) * 250).astype(dtype)
    factors, shifts, deviations = (rng.uniform(low, high, 3) for low, high in ((0.5, 1.5), (-60, 60), (0, 30)))
    normal = rng.standard_normal(shape).astype(np.result_type(dtype, np.float32))
    asked = Augmentation(grey_scale=0.5, grey_shift=60, noise=30)
    expected = []
    for i, image in enumerate(images):
        numbers = {"grey_scale": Fixed(factors[i]), "grey_shift": Fixed(shifts[i]), "noise": Fixed(deviations[i])}
        numbers["noise"].normal = normal[i]
        expected.append(as_stored(change_in_numpy(as_real(image), asked, numbers.__getitem__), image.dtype))
    planar = (slice(None), 0) if shape[1] == 1 else (slice(None),)
    noise = normal * deviations.astype(normal.dtype).reshape(-1, 1, 1, 1, 1)
    changed = layers.change_grey_levels(
        layers.tf.constant(images[planar]), factors=factors, shifts=shifts, noise=noise[planar]
    )
    assert changed.dtype == dtype
    if np.issubdtype(images.dtype, np.integer):
        assert (changed.numpy() == np.stack(expected)[planar]).all()
    else:
        np.testing.assert_allclose(changed.numpy(), np.stack(expected)[planar], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("shape", [(4, 1, 9, 7, 2), (4, 3, 2, 5, 1)])
def test_blur_is_that_of_numpy(layers, shape: tuple[int, ...]) -> None:
    """Gaussians as wide as the crop and wider, mirrored at its faces; a deviation of 0 changes nothing."""
    rng = np.random.default_rng(0)
    images = rng.random(shape)
    deviations = np.array([0.0, 0.4, 1.0, 1.5])
    asked = Augmentation(blur=1.5)
    expected = [
        change_in_numpy(image.copy(), asked, {"blur": Fixed(deviation)}.__getitem__)
        for image, deviation in zip(images, deviations, strict=True)
    ]
    planar = (slice(None), 0) if shape[1] == 1 else (slice(None),)
    blurred = layers.change_grey_levels(layers.tf.constant(images[planar]), blur=deviations, largest_blur=1.5).numpy()
    np.testing.assert_allclose(blurred, np.stack(expected)[planar], rtol=1e-12)
    assert (blurred[0] == images[planar][0]).all()


def test_the_layer_draws_within_its_limits(layers, tensorflow) -> None:
    """Of 200 flat crops, grey levels move by at most the shift, evenly; nothing happens outside training."""
    layer = layers.RandomGreyLevels({"grey_shift": 20}, seed=1)
    images = np.full((200, 4, 4, 1), 100, np.uint8)
    levels = (
        tensorflow.function(lambda given: layer(given, training=True))(images).numpy()[:, 0, 0, 0].astype(int) - 100
    )
    assert np.abs(levels).max() <= 20
    assert levels.min() < -10
    assert levels.max() > 10
    assert np.abs(levels.mean()) < 4 * 20 / np.sqrt(3 * 200)
    assert (layer(images, training=False).numpy() == images).all()
    everything = layers.RandomGreyLevels(Augmentation(grey_shift=5, grey_scale=0.1, noise=3, blur=0.5), seed=1)
    changed = everything(images, training=True)
    assert changed.dtype == "uint8"
    assert 0 < np.abs(changed.numpy().astype(int) - 100).max() < 30


def test_layers_come_back_from_their_configuration(layers) -> None:
    """As Keras needs for saving; elastic deformation is refused."""
    grey = layers.RandomGreyLevels(Augmentation(noise=3), seed=4)
    assert layers.RandomGreyLevels.from_config(grey.get_config()).augmentation == Augmentation(noise=3)
    turn = layers.RandomSymmetry(3, voxel_size=(2.0, 1.0, 1.0), seed=4)
    assert layers.RandomSymmetry.from_config(turn.get_config()).voxel_size == (2.0, 1.0, 1.0)
    with pytest.raises(TrainingError, match="cannot deform"):
        layers.RandomGreyLevels(Augmentation(elastic=Elastic()))
