"""How training is spread over devices: one file per strategy, and the table that finds it by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.strategies.mirrored import mirrored_strategy
from seg_train.strategies.one_device import one_device_strategy

if TYPE_CHECKING:
    import tensorflow as tf

    from seg_common.schema.training import StrategyConfig

BUILDERS = {"one_device": one_device_strategy, "mirrored": mirrored_strategy}
"""Builder of each strategy by its name in the configuration."""


def build_strategy(config: StrategyConfig) -> tf.distribute.Strategy:
    """Make the strategy that a configuration names.

    Raises
    ------
    TrainingError
        If a device does not exist.
    """
    return BUILDERS[config.kind](config.devices)
