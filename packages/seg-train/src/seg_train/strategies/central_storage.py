"""One copy of the weights in memory, and a replica of the computation on each device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.errors import TrainingError
from seg_train.strategies.devices import named_devices

if TYPE_CHECKING:
    import tensorflow as tf

    from seg_common.schema.training import TrainingConfig


def central_storage_strategy(devices: list[str]) -> tf.distribute.Strategy:
    """Take the devices named, or all GPUs; the weights stay on the CPU."""
    import tensorflow as tf

    return tf.distribute.experimental.CentralStorageStrategy(named_devices(devices), "CPU:0")


def require_no_other_state(config: TrainingConfig) -> None:
    """Refuse runs that keep a state beside weights and optimizer which every replica would change.

    Raises
    ------
    TrainingError
        If there is batch normalisation, dropout, noise or float16 with its scale of the loss: Keras changes their state on each
        replica, and central storage has one for all. Measured with TensorFlow 2.21 and Keras 3.15; without them, loss,
        gradients and weights are those of one device.
    """
    model = config.model
    states = {
        "model.normalisation: batch": model.normalisation == "batch",
        f"model.dropout: {model.dropout:g}": model.dropout > 0,
        f"model.gaussian_noise: {model.gaussian_noise:g}": model.gaussian_noise > 0,
        "precision: float16": config.precision == "float16",
    }
    found = [name for name, there in states.items() if there]
    if found:
        msg = (
            "the strategy central_storage can train nothing that keeps a state beside the weights, since Keras 3 fails to change it "
            f"there; got {', '.join(found)}. Take the strategy mirrored, or model.normalisation: group without the others."
        )
        raise TrainingError(msg)
