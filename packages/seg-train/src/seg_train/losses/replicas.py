"""Sums over all replicas, with gradients that add up to those of one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


def sum_over_replicas(value: tf.Tensor) -> tf.Tensor:
    """Sum a value over all replicas, with the gradient of this replica's own part.

    The gradients of all replicas then add up to the gradient of the whole batch, as if it had been on one device.
    """
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.stop_gradient(value))
    return value + (total - tf.stop_gradient(value))
