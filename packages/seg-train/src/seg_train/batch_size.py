"""The largest batch that fits into memory, for ``batch_size: auto``."""

from __future__ import annotations

import gc
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from seg_common.available_memory import available_memory_bytes
from seg_common.schema.training_record import AutomaticBatchSize
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.batch_queue import Batch
from seg_train.errors import TrainingError
from seg_train.losses.configured import build_loss
from seg_train.optimizers import build_optimizer
from seg_train.training_steps import TrainingSteps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras
    import tensorflow as tf

    from seg_common.schema.training import TrainingConfig
    from seg_common.volume.opened_volume import Volume

STEP_FACTOR = 2.0
"""Memory of a step over that of all layers' outputs: 1.1 in 2D and 1.3 in 3D were measured for each further crop, and more for the first."""
MEMORY_SHARE = 0.6
"""Share of the available memory that a batch may take; volumes, weights and other programs have the rest."""
BATCHES_PER_REGION = 4
"""Batches that cover the training regions at the least: with fewer, the steps of an epoch would hardly differ."""


def with_batch_size(
    config: TrainingConfig, volumes: Sequence[Volume], strategy: tf.distribute.Strategy
) -> tuple[TrainingConfig, AutomaticBatchSize | None]:
    """Replace ``batch_size: auto`` by a number.

    With a GPU, training steps of growing batches are tried until memory runs out, with a network that is thrown away. Without
    one, memory running out would end the process: the batch is estimated from the memory that is available.

    Parameters
    ----------
    config : TrainingConfig
        Its strides are numbers.
    volumes : sequence of Volume
        Its opened volumes.
    strategy : tf.distribute.Strategy
        Where training runs; the batch is a multiple of its replicas.

    Returns
    -------
    config : TrainingConfig
        With a number.
    found : AutomaticBatchSize or None
        How it was found; None when it was given.

    Raises
    ------
    TrainingError
        If not even one crop for each replica fits, or there are several workers, which could find different numbers.
    """
    if config.batch_size != "auto":
        return config, None
    import keras

    if config.strategy.kind == "multi_worker":
        msg = (
            "several workers need the same batch_size; got auto, which each could answer differently. Give a number: what "
            "auto finds in a run of one machine with strategy.kind one_device, times the number of replicas."
        )
        raise TrainingError(msg)

    most = most_sensible(config, volumes)
    size, found = _largest_batch(config, volumes[0], strategy, most)
    gc.collect()
    # The network of the run starts as it would without the trial.
    keras.utils.set_random_seed(config.seed % 2**32)
    return config.model_copy(update={"batch_size": size}), found


def most_sensible(config: TrainingConfig, volumes: Sequence[Volume]) -> int:
    """Count the crops of a batch beyond which more make no sense, whatever the memory: see `BATCHES_PER_REGION`."""
    voxels = sum(volume.partition(config.crops.partition).voxels for volume in volumes)
    crops = voxels * len(config.crops.normals) / prod(config.crops.shape)
    return max(1, int(crops / BATCHES_PER_REGION))


def _largest_batch(
    config: TrainingConfig, volume: Volume, strategy: tf.distribute.Strategy, sensible: int
) -> tuple[int, AutomaticBatchSize]:
    """Try or estimate with a network that is thrown away."""
    replicas = strategy.num_replicas_in_sync
    most = max(sensible // replicas, 1) * replicas
    steps = _trial_steps(config, volume, strategy)
    if any("GPU" in device for device in strategy.extended.worker_devices):
        size = largest_that_fits(lambda crops: _fits(steps, config, volume, crops), most, replicas)
        found = AutomaticBatchSize(method="trial", most=most)
    else:
        available = available_memory_bytes()
        per_crop = step_bytes(steps.network, config)
        size = largest_that_fits(lambda crops: crops * per_crop <= MEMORY_SHARE * available, most, replicas)
        found = AutomaticBatchSize(method="estimate", most=most, available_bytes=available, bytes_per_crop=per_crop)
    if not size:
        msg = (
            f"{replicas} crop(s) of shape {config.crops.shape} must fit into memory, one for each replica; they do not. "
            "Choose a smaller crops.shape, a smaller model.base_filters, or precision: bfloat16."
        )
        raise TrainingError(msg)
    return size, found


def largest_that_fits(fits: Callable[[int], bool], most: int, multiple: int = 1) -> int:
    """Find the largest batch by doubling, and then by halving the interval down to an eighth of the batch.

    Parameters
    ----------
    fits : callable
        Number of crops → whether they fit; more never fit where fewer do not.
    most : int
        Largest number to try; a multiple of `multiple`.
    multiple : int
        The number found is a multiple of it.

    Returns
    -------
    int
        0 when not even `multiple` crops fit.

    Examples
    --------
    >>> largest_that_fits(lambda crops: crops <= 11, most=100)
    11
    >>> largest_that_fits(lambda crops: crops <= 11, most=100, multiple=4)
    8
    """
    low, high = 0, multiple
    while fits(high):
        low = high
        if high == most:
            return most
        high = min(2 * high, most)
    while high - low > max(multiple, low // 8):
        middle = (low + high) // 2 // multiple * multiple
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def step_bytes(network: keras.Model, config: TrainingConfig) -> int:
    """Estimate the memory that a training step takes for each crop, from the outputs of all layers.

    Training keeps the outputs for the gradients, and holds a few gradients and work spaces of the same sizes beside them.
    """
    import keras

    layers = keras.Model(network.input, [layer.output for layer in network.layers])
    crop = keras.KerasTensor(_image_shape(config, 1), network.input.dtype)
    outputs = layers.compute_output_spec(crop)
    held = sum(prod(output.shape) * _item_size(output.dtype) for output in outputs)
    return int(STEP_FACTOR * held)


def _item_size(dtype: str) -> int:
    import tensorflow as tf

    return int(tf.as_dtype(dtype).size)


def _image_shape(config: TrainingConfig, crops: int) -> tuple[int, ...]:
    shape = config.crops.shape if config.crops.dimensions == "3D" else config.crops.shape[1:]
    return crops, *shape, config.crops.channels


def _trial_steps(config: TrainingConfig, volume: Volume, strategy: tf.distribute.Strategy) -> TrainingSteps:
    """Build a network as that of the run, but for the scale of its first layer, which takes no memory."""
    document = volume.document
    network_input = NetworkInput(
        rank=3 if config.crops.dimensions == "3D" else 2,
        channels=config.crops.channels,
        dtype=document.dtype,
        scale=1.0,
        offset=0.0,
        classes=len(document.classes),
    )
    replicas = strategy.num_replicas_in_sync
    with strategy.scope():
        network = build_unet(config.model, network_input, synchronized=replicas > 1, precision=config.precision)
        optimizer = build_optimizer(config.optimizer, network, config.precision)
    loss = build_loss(config.loss, document.class_names)
    return TrainingSteps(network, optimizer, strategy, loss=loss, clip_norm=config.optimizer.clip_norm)


def _fits(steps: TrainingSteps, config: TrainingConfig, volume: Volume, crops: int) -> bool:
    """Train a step on empty crops; only memory that runs out is no error."""
    import tensorflow as tf

    images = np.zeros(_image_shape(config, crops), volume.document.dtype)
    labels = np.zeros(images.shape[:-1], np.uint8)
    weights = None if config.crops.voxel_weights is None else np.ones(labels.shape, np.float32)
    try:
        loss, _ = steps.train(Batch(images, labels, weights), 0.0)
        float(loss)
    except tf.errors.ResourceExhaustedError:
        gc.collect()
        return False
    return True
