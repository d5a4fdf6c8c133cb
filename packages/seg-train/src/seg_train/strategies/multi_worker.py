"""A copy of the network on each device of several processes, on one machine or on many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.errors import TrainingError

if TYPE_CHECKING:
    import tensorflow as tf

    from seg_train.strategies.cluster import Cluster


def multi_worker_strategy(devices: list[str], cluster: Cluster) -> tf.distribute.Strategy:
    """Take all GPUs of each worker, or its CPU; gradients are summed over all of them in every step.

    The workers must have met: TensorFlow waits without an end for one that is missing. Nothing may have been computed before.

    Raises
    ------
    TrainingError
        If devices are named, or no workers are.
    """
    import tensorflow as tf

    if devices:
        msg = f"the strategy multi_worker takes all devices of each worker; got {', '.join(devices)}. Leave strategy.devices empty."
        raise TrainingError(msg)
    if not cluster.addresses:
        msg = (
            "the strategy multi_worker must know its workers; got none. Give --hosts FILE or TF_CONFIG, "
            "or start workers on this machine: seg-train launch -n 2 run CONFIG."
        )
        raise TrainingError(msg)
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.addresses)}),
        task_type="worker",
        task_id=cluster.index,
        rpc_layer="grpc",
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
    )
    return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
