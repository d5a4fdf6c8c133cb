"""A copy of the network on each device of one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.strategies.devices import named_devices

if TYPE_CHECKING:
    import tensorflow as tf


def mirrored_strategy(devices: list[str]) -> tf.distribute.Strategy:
    """Take the devices named, or all GPUs; gradients are summed over them in every step."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(named_devices(devices))
