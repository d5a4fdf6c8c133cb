"""All of the network on one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.errors import TrainingError
from seg_train.strategies.devices import named_devices

if TYPE_CHECKING:
    import tensorflow as tf


def one_device_strategy(devices: list[str]) -> tf.distribute.Strategy:
    """Take the device named, or the first GPU, or the CPU."""
    import tensorflow as tf

    if len(devices) > 1:
        msg = f"the strategy one_device takes one device; got {', '.join(devices)}. Take the strategy mirrored."
        raise TrainingError(msg)
    return tf.distribute.OneDeviceStrategy(named_devices(devices)[0])
