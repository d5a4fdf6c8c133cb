"""The losses as a Keras loss, for training with `fit`; runs of this package do without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from seg_train.losses.voxel_loss import Loss


class KerasLoss(keras.losses.Loss):  # type: ignore[misc] # the type checker does not see Keras
    """A loss of voxels for ``compile``; voxel weights are given as ``sample_weight``.

    A Keras loss multiplies sample weights onto what `call` gives, and a loss that is no mean over voxels is silently wrong then.
    Here weights travel as the last channel of ``y_true`` into the sums. With several replicas, Keras takes the mean of their
    losses, and not the loss of their sums.

    Parameters
    ----------
    loss : Loss
        From `build_loss`, `jaccard2` and so on.
    name : str
        Name in logs.
    """

    def __init__(self, loss: Loss, name: str = "voxel_loss") -> None:
        super().__init__(name=name, reduction="sum_over_batch_size")
        self._loss = loss

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> tf.Tensor:
        """Compute the loss.

        Parameters
        ----------
        y_true : tensor of int, shape (batch, [z,] y, x) or (batch, [z,] y, x, 1)
            Class indices; other values have weight 0.
        y_pred : tensor of float, shape (batch, [z,] y, x, class)
            Probabilities.
        sample_weight : tensor of float, optional
            Weight of each voxel in the shape of `y_true`, or of each crop, shape (batch,).

        Returns
        -------
        scalar tensor
        """
        shape = tf.shape(y_pred)[:-1]
        labels = tf.reshape(tf.cast(y_true, tf.float32), shape)
        if sample_weight is None:
            weights = tf.ones_like(labels)
        else:
            weights = tf.convert_to_tensor(sample_weight, tf.float32)
            if weights.shape.rank == 1:
                weights = tf.reshape(weights, (-1, *[1] * (labels.shape.rank - 1))) * tf.ones_like(labels)
            weights = tf.reshape(weights, shape)
        return super().__call__(tf.stack([labels, weights], axis=-1), y_pred)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Compute the loss of labels and weights packed as two channels."""
        return self._loss(tf.cast(y_true[..., 0], tf.int32), y_pred, y_true[..., 1])
