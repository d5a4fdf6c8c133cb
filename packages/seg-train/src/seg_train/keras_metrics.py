"""Scores from confusion counts as Keras metrics, for training with `fit`: totals of an epoch, never means over batches."""

from __future__ import annotations

from typing import Any, Literal

import keras
import tensorflow as tf

from seg_train.errors import TrainingError
from seg_train.metrics import confusion_counts

Score = Literal["mean_jaccard", "accuracy", "jaccard", "precision", "recall"]
OF_A_CLASS = ("jaccard", "precision", "recall")


@keras.saving.register_keras_serializable(package="seg_train")
class ConfusionScore(keras.metrics.Metric):  # type: ignore[misc] # the type checker does not see Keras
    """One score of all voxels since the epoch began.

    Parameters
    ----------
    classes : int
        Classes told apart.
    score : {"mean_jaccard", "accuracy", "jaccard", "precision", "recall"}
        Which score; the last three are those of one class.
    class_index : int, optional
        The class of a score of one class.
    name : str, optional
        Name in logs.

    Raises
    ------
    TrainingError
        If the class is missing, or given for a score of all classes.
    """

    def __init__(
        self,
        classes: int,
        score: Score = "mean_jaccard",
        class_index: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if (score in OF_A_CLASS) != (class_index is not None):
            msg = f"class_index belongs to {', '.join(OF_A_CLASS)}; got {score!r} and class_index {class_index}. Give or leave it."
            raise TrainingError(msg)
        super().__init__(name=name or (score if class_index is None else f"{score}_{class_index}"), **kwargs)
        self.classes = classes
        self.score = score
        self.class_index = class_index
        self.confusion = self.add_variable((classes, classes), "zeros", dtype="int64", name="confusion")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch.

        Parameters
        ----------
        y_true : tensor of int, shape (batch, [z,] y, x) or (batch, [z,] y, x, 1)
            Class indices; a voxel with any other value is left out.
        y_pred : tensor of float, shape (batch, [z,] y, x, class)
            Probabilities; the largest is the prediction.
        sample_weight : tensor of float, optional
            Voxels, or crops, of weight 0 are left out; others count once.
        """
        y_pred = tf.convert_to_tensor(y_pred)
        shape = tf.shape(y_pred)[:-1]
        labels = tf.reshape(tf.cast(y_true, tf.int32), shape)
        if sample_weight is not None:
            kept = tf.convert_to_tensor(sample_weight) != 0
            if kept.shape.rank == 1:
                kept = tf.reshape(kept, (-1, *[1] * (y_pred.shape.rank - 2)))
            else:
                kept = tf.reshape(kept, shape)
            labels = tf.where(kept, labels, -1)
        self.confusion.assign_add(confusion_counts(labels, y_pred))

    def result(self) -> tf.Tensor:
        """Compute the score; not a number where it divides by nothing."""
        confusion = tf.cast(tf.convert_to_tensor(self.confusion), tf.float64)
        right = tf.linalg.diag_part(confusion)
        reference = tf.reduce_sum(confusion, axis=1)
        predicted = tf.reduce_sum(confusion, axis=0)
        if self.score == "accuracy":
            return tf.reduce_sum(right) / tf.reduce_sum(confusion)
        if self.score in ("precision", "recall"):
            return (right / (predicted if self.score == "precision" else reference))[self.class_index]
        union = reference + predicted - right
        if self.score == "jaccard":
            return (right / union)[self.class_index]
        present = union > 0
        return tf.reduce_sum(tf.math.divide_no_nan(right, union)) / tf.reduce_sum(tf.cast(present, tf.float64))

    def get_config(self) -> dict[str, Any]:
        """Describe the metric for saving."""
        return {
            **super().get_config(),
            "classes": self.classes,
            "score": self.score,
            "class_index": self.class_index,
        }
