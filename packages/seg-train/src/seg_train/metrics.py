"""Confusion counts on the device; scores come from the totals of an epoch, never from means over batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


def confusion_counts(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """Count voxels by (reference class, predicted class).

    Parameters
    ----------
    labels : tensor of int, shape (batch, [z,] y, x)
        Class indices; a voxel with any other value is left out.
    probabilities : tensor of float, shape (batch, [z,] y, x, class)
        Output of the network; its largest class is the prediction.

    Returns
    -------
    tensor of int64, shape (class, class)
        Rows are reference classes. The counts of batches and of replicas add up.
    """
    import tensorflow as tf

    classes = probabilities.shape[-1]
    # A product of one-hot matrices counts on every device, in the same order each time. float32 counts exactly up to
    # 2^24 voxels, 4096^2, so each crop, and each slice of a 3D crop, is counted alone.
    slices = tf.reduce_prod(tf.shape(labels)[:-2])
    truth = tf.one_hot(tf.cast(tf.reshape(labels, (slices, -1)), tf.int32), classes)
    answer = tf.one_hot(tf.argmax(tf.reshape(probabilities, (slices, -1, classes)), axis=-1), classes)
    counts = tf.matmul(truth, answer, transpose_a=True)
    return tf.reduce_sum(tf.cast(counts, tf.int64), axis=0)
