"""Crops as a tf.data.Dataset: the same voxels in the same dtypes, with static shapes, in order, and a network that eats them."""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_common import open_volume
from seg_common.errors import CropError
from seg_common.schema.crops import CropsConfig
from seg_data import CropBatch, CropReader, make_phantom, make_sampler, write_phantom
from seg_data.batches.tensorflow_dataset import tensorflow_dataset


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    """A small phantom."""
    folder = tmp_path_factory.mktemp("phantom")
    with open_volume(write_phantom(make_phantom((16, 32, 32), seed=1), folder / "phantom")) as opened:
        yield opened


def reader_of(volume, **config) -> CropReader:
    return CropReader(make_sampler(volume, CropsConfig.model_validate(config), 0))


class WeightedBatch(NamedTuple):
    """A batch with voxel weights."""

    image: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


class ChangedReader:
    """A reader whose batches are changed on the way: other dtypes, weights, no labels."""

    def __init__(self, reader: CropReader, change) -> None:
        self._reader, self._change = reader, change

    def batch(self, first: int, size: int) -> CropBatch:
        return self._change(self._reader.batch(first, size))


@pytest.mark.parametrize(
    ("config", "image", "labels"),
    [
        ({"shape": (1, 16, 24)}, (4, 16, 24, 1), (4, 16, 24)),
        ({"shape": (1, 16, 24), "slices": 3}, (4, 16, 24, 3), (4, 16, 24)),
        ({"shape": (4, 8, 8)}, (4, 4, 8, 8, 1), (4, 4, 8, 8)),
    ],
)
def test_shapes_are_static_and_dtypes_those_of_the_file(volume, config, image, labels):
    """Keras builds a network from them before it sees a batch."""
    dataset = tensorflow_dataset(reader_of(volume, **config), batch_size=4, steps=3)
    assert dataset.element_spec == (tf.TensorSpec(image, tf.uint8), tf.TensorSpec(labels, tf.uint8))
    assert len(dataset) == 3


@pytest.mark.parametrize("threads", [1, 3])
def test_batches_are_those_of_their_steps(volume, threads):
    """In order for any number of threads; a second pass gives the same."""
    reader = reader_of(volume, shape=(1, 16, 16))
    dataset = tensorflow_dataset(reader, batch_size=2, steps=8, first_step=5, threads=threads)
    for _ in range(2):
        steps = range(5, 13)
        for step, (image, labels) in zip(steps, dataset.as_numpy_iterator(), strict=True):
            expected = reader.batch(step * 2, 2)
            np.testing.assert_array_equal(image, expected.image)
            np.testing.assert_array_equal(labels, expected.labels)


def test_all_that_a_batch_has_comes_along(volume):
    """16 bits stay 16 bits, weights are a third element, and without labels the image is alone."""
    reader = reader_of(volume, shape=(1, 16, 16))

    def weighted(batch: CropBatch) -> WeightedBatch:
        return WeightedBatch(
            batch.image.astype(np.uint16) * 257, batch.labels, np.full(batch.labels.shape, 0.5, np.float32)
        )

    image, labels, weights = next(iter(tensorflow_dataset(ChangedReader(reader, weighted), batch_size=2, steps=1)))
    np.testing.assert_array_equal(image, reader.batch(0, 2).image.astype(np.uint16) * 257)
    assert (image.dtype, labels.dtype, weights.dtype) == (tf.uint16, tf.uint8, tf.float32)
    assert weights.shape == (2, 16, 16)
    unlabelled = ChangedReader(reader, lambda batch: CropBatch(batch.image, None))
    (alone,) = next(iter(tensorflow_dataset(unlabelled, batch_size=2, steps=1)))
    np.testing.assert_array_equal(alone, reader.batch(0, 2).image)


def test_a_network_can_be_fitted(volume):
    """keras.Model.fit takes the dataset as it is, and learns: the loss falls."""
    keras.utils.set_random_seed(0)
    dataset = tensorflow_dataset(reader_of(volume, shape=(1, 16, 16)), batch_size=4, steps=12)
    network = keras.Sequential(
        [
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(3, 1, activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy())
    losses = network.fit(dataset, epochs=3, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]


def test_an_error_in_reading_is_told(volume):
    """Its own sentence stands in the error that TensorFlow makes of it."""
    reader = reader_of(volume, shape=(1, 16, 16))

    def fail_later(batch: CropBatch) -> CropBatch:
        if len(batch.image) > 1:
            msg = "the file is gone"
            raise CropError(msg)
        return batch

    dataset = tensorflow_dataset(ChangedReader(reader, fail_later), batch_size=2, steps=1)
    with pytest.raises(tf.errors.OpError, match="the file is gone"):
        next(iter(dataset))


def test_numbers_without_sense_are_refused(volume):
    """At once, and by name."""
    reader = reader_of(volume, shape=(1, 16, 16))
    with pytest.raises(CropError, match="steps must be at least 1; got 0"):
        tensorflow_dataset(reader, batch_size=2, steps=0)
    with pytest.raises(CropError, match="first_step must be at least 0; got -1"):
        tensorflow_dataset(reader, batch_size=2, steps=1, first_step=-1)
