"""Losses of the probability of the right class: cross-entropy and focal loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.losses.voxel_loss import VoxelLoss, Voxels

if TYPE_CHECKING:
    import tensorflow as tf

    from seg_common.schema.losses import Over

SMALLEST = 1e-7
"""Probabilities count as this at the least: the logarithm and its gradient stay finite."""


def cross_entropy(over: Over = "batch") -> VoxelLoss:
    """Make the loss Σ w·(-log p) / Σ w, where p is the probability of the right class.

    Parameters
    ----------
    over : {"batch", "sample"}
        Whether it is the mean over all voxels, or over the crops' means.

    Returns
    -------
    VoxelLoss
        In nats, 0 or more.
    """
    return focal(0.0, over)


def focal(gamma: float = 2.0, over: Over = "batch") -> VoxelLoss:
    """Make the loss Σ w·(1 - p)^gamma·(-log p) / Σ w, where p is the probability of the right class.

    Parameters
    ----------
    gamma : float
        How little voxels count that are right already; 0 is the cross-entropy.
    over : {"batch", "sample"}
        Whether it is the mean over all voxels, or over the crops' means.

    Returns
    -------
    VoxelLoss
        In nats, 0 or more.

    References
    ----------
    .. [1] Lin, Goyal, Girshick, He, Dollár, Focal loss for dense object detection, ICCV 2017, doi:10.1109/ICCV.2017.324
    """

    def parts(voxels: Voxels) -> tf.Tensor:
        import tensorflow as tf

        right = tf.reduce_sum(voxels.truth * voxels.probabilities, axis=-1)
        cost = -tf.math.log(tf.maximum(right, SMALLEST))
        if gamma:
            # The power of 0 has no gradient for gamma < 1.
            cost *= tf.maximum(1 - right, SMALLEST) ** gamma
        return tf.stack([tf.reduce_sum(voxels.weights * cost, axis=1), tf.reduce_sum(voxels.weights, axis=1)], axis=-1)

    def finish(sums: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        return tf.math.divide_no_nan(sums[..., 0], sums[..., 1])

    return VoxelLoss(parts, finish, 2, over, mean=True)
