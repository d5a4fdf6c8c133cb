"""One copy of the weights in memory, and a replica of the computation on each device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.errors import TrainingError
from seg_train.strategies.devices import named_devices

if TYPE_CHECKING:
    import tensorflow as tf

    from seg_common.schema.unet import UNetConfig


def central_storage_strategy(devices: list[str]) -> tf.distribute.Strategy:
    """Take the devices named, or all GPUs; the weights stay on the CPU."""
    import tensorflow as tf

    return tf.distribute.experimental.CentralStorageStrategy(named_devices(devices), "CPU:0")


def require_no_layer_state(model: UNetConfig) -> None:
    """Refuse networks whose layers keep a state of their own beside the weights.

    Raises
    ------
    TrainingError
        If there is batch normalisation, dropout or noise: Keras updates their state on each replica, and central storage
        has one for all. Measured with TensorFlow 2.21 and Keras 3.15; without them, loss, gradients and weights are those of
        one device.
    """
    states = {
        "normalisation: batch": model.normalisation == "batch",
        f"dropout: {model.dropout:g}": model.dropout > 0,
        f"gaussian_noise: {model.gaussian_noise:g}": model.gaussian_noise > 0,
    }
    found = [name for name, there in states.items() if there]
    if found:
        msg = (
            "the strategy central_storage can train no layer with a state of its own, since Keras 3 fails to update it there; "
            f"got model {', '.join(found)}. Take normalisation: group without dropout and noise, or the strategy mirrored."
        )
        raise TrainingError(msg)
