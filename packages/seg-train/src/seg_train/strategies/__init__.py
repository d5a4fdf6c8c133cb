"""How training is spread over devices: one file per strategy, and the table that finds it by name."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seg_train.strategies.central_storage import central_storage_strategy
from seg_train.strategies.mirrored import mirrored_strategy
from seg_train.strategies.multi_worker import multi_worker_strategy
from seg_train.strategies.one_device import one_device_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tensorflow as tf

    from seg_common.schema.training import StrategyConfig
    from seg_train.strategies.cluster import Cluster

BUILDERS = {
    "one_device": one_device_strategy,
    "mirrored": mirrored_strategy,
    "central_storage": central_storage_strategy,
}
"""Builder of each strategy of one process by its name in the configuration."""


def build_strategy(config: StrategyConfig, cluster: Cluster) -> tf.distribute.Strategy:
    """Make the strategy that a configuration names.

    Parameters
    ----------
    config : StrategyConfig
        Its name and devices.
    cluster : Cluster
        The workers of the strategy multi_worker, which must have met.

    Raises
    ------
    TrainingError
        If a device does not exist, or workers are missing.
    """
    with _hidden_tf_config():
        if config.kind == "multi_worker":
            return multi_worker_strategy(config.devices, cluster)
        return BUILDERS[config.kind](config.devices)


@contextmanager
def _hidden_tf_config() -> Iterator[None]:
    """Hide TF_CONFIG from TensorFlow: it fails on an empty one, and takes a mirrored strategy for one of several workers."""
    hidden = os.environ.pop("TF_CONFIG", None)
    try:
        yield
    finally:
        if hidden is not None:
            os.environ["TF_CONFIG"] = hidden
