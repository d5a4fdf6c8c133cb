"""The jaccard2 loss, as a pure function of labels, probabilities and weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


def jaccard2_sums(labels: tf.Tensor, probabilities: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Sum intersection and union over batch, space and classes.

    Parameters
    ----------
    labels : tensor of int, shape (batch, [z,] y, x)
        Class indices; a voxel with any other value (an ignored label) has weight 0.
    probabilities : tensor of float, shape (batch, [z,] y, x, class)
        Output of the network, in [0, 1].

    Returns
    -------
    intersection, union : scalar tensors of float32 (float64 for float64 probabilities)
        I = Σ w·y·p and U = Σ w·(y + p² - y·p), with y the one-hot labels and w = 1 for voxels of a class. The sums of
        parts of a batch add up to the sums of the batch.
    """
    import tensorflow as tf

    dtype = tf.float64 if probabilities.dtype == tf.float64 else tf.float32
    p = tf.cast(probabilities, dtype)
    y = tf.one_hot(tf.cast(labels, tf.int32), p.shape[-1], dtype=dtype)
    weight = tf.reduce_sum(y, axis=-1, keepdims=True)  # 1 for voxels of a class, 0 for ignored ones
    overlap = y * p
    return tf.reduce_sum(overlap), tf.reduce_sum(weight * (y + p * p - overlap))


def jaccard2_loss(intersection: tf.Tensor, union: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Compute 1 - (I + s)/(U + s).

    Parameters
    ----------
    intersection, union : scalar tensors
        See `jaccard2_sums`.
    smoothing : float
        s ≥ 0. With s = 0 a sum without any weight would divide by 0: the loss is 0 then, and so is its gradient.

    Returns
    -------
    scalar tensor
        In [0, 1]: 0 for certain and right probabilities.

    References
    ----------
    .. [1] Bertoldo, Decencière, Ryckelynck, Proudhon, Frontiers in Materials 8 (2021),
       doi:10.3389/fmats.2021.761229
    """
    import tensorflow as tf

    ratio = tf.math.divide_no_nan(intersection + smoothing, union + smoothing)
    # Asked this way round, a sum that is not a number stays one, and the run notices.
    return tf.where(union + smoothing <= 0, tf.zeros_like(ratio), 1 - ratio)


def sum_over_replicas(value: tf.Tensor) -> tf.Tensor:
    """Sum a value over all replicas, with the gradient of this replica's own part.

    The gradients of all replicas then add up to the gradient of the whole batch, as if it had been on one device.
    """
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.stop_gradient(value))
    return value + (total - tf.stop_gradient(value))
