"""The compiled functions of a run: one training step, one validation step, one prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_train.losses import jaccard2_loss, jaccard2_sums, sum_over_replicas
from seg_train.metrics import confusion_counts

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from numpy.typing import NDArray

    from seg_common.schema.training import AdamWConfig
    from seg_train.batch_queue import Batch


class TrainingSteps:
    """Steps of a network under a strategy; a batch is split evenly over the replicas.

    Parameters
    ----------
    network : keras.Model
        Made in the strategy's scope.
    optimizer : keras.Optimizer
        Made and built in the strategy's scope.
    strategy : tf.distribute.Strategy
        Where the steps run.
    smoothing : float
        s of the loss.
    clip_norm : float or None
        Largest norm of all gradients together.
    """

    def __init__(
        self,
        network: keras.Model,
        optimizer: keras.Optimizer,
        strategy: tf.distribute.Strategy,
        *,
        smoothing: float,
        clip_norm: float | None,
    ) -> None:
        import tensorflow as tf

        self.network = network
        self.optimizer = optimizer
        self._strategy = strategy
        self._smoothing = smoothing
        self._clip_norm = clip_norm
        self._compiled_train = tf.function(self._train_everywhere)
        self._compiled_validate = tf.function(self._validate_everywhere)
        self._compiled_predict = tf.function(lambda images: self.network(images, training=False))

    def train(self, batch: Batch, learning_rate: float) -> tuple[tf.Tensor, tf.Tensor]:
        """Move the weights by one step.

        Returns
        -------
        loss : scalar tensor
            Loss of the whole batch, before the step.
        confusion : tensor of int64, shape (class, class)
            Counts of the whole batch, before the step.
        """
        self.optimizer.learning_rate = learning_rate
        loss, confusion = self._compiled_train(self._spread(batch.images), self._spread(batch.labels))
        return loss, confusion

    def validate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Give intersection, union (see `jaccard2_sums`) and confusion counts of a batch; nothing is learnt."""
        intersection, union, confusion = self._compiled_validate(self._spread(batch.images), self._spread(batch.labels))
        return intersection, union, confusion

    def predict(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Give the probabilities of a batch, shape (batch, [z,] y, x, class)."""
        probabilities: NDArray[np.float32] = self._compiled_predict(images).numpy()
        return probabilities

    def variables(self) -> list[Any]:
        """All variables of network and optimizer: with the run's position they are its whole state."""
        return [*self.network.variables, *self.optimizer.variables]

    def _spread(self, array: NDArray[Any]) -> Any:
        import tensorflow as tf

        parts = np.split(array, self._strategy.num_replicas_in_sync)
        return self._strategy.experimental_distribute_values_from_function(
            lambda context: tf.convert_to_tensor(parts[context.replica_id_in_sync_group])
        )

    def _train_everywhere(self, images: Any, labels: Any) -> tuple[tf.Tensor, tf.Tensor]:
        loss, confusion = self._strategy.run(self._train_replica, args=(images, labels))
        return self._same(loss), self._total(confusion)

    def _train_replica(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            probabilities = self.network(images, training=True)
            intersection, union = jaccard2_sums(labels, probabilities)
            loss = jaccard2_loss(sum_over_replicas(intersection), sum_over_replicas(union), self._smoothing)
        weights = self.network.trainable_variables
        gradients = self._whole_gradients(tape.gradient(loss, weights))
        self.optimizer.apply(gradients, weights)
        return loss, confusion_counts(labels, probabilities)

    def _whole_gradients(self, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
        """Sum the gradients over the replicas, then clip them: clipping parts would differ from one device."""
        import tensorflow as tf

        context = tf.distribute.get_replica_context()
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        if self._clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self._clip_norm)
        # The optimizer sums what the replicas give it once more; each gives its share of the same whole.
        return [gradient / context.num_replicas_in_sync for gradient in gradients]

    def _validate_everywhere(self, images: Any, labels: Any) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        intersection, union, confusion = self._strategy.run(self._validate_replica, args=(images, labels))
        return self._total(intersection), self._total(union), self._total(confusion)

    def _validate_replica(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        probabilities = self.network(images, training=False)
        return *jaccard2_sums(labels, probabilities), confusion_counts(labels, probabilities)

    def _total(self, value: Any) -> tf.Tensor:
        import tensorflow as tf

        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)

    def _same(self, value: Any) -> tf.Tensor:
        """One of the equal values that all replicas hold."""
        return self._strategy.experimental_local_results(value)[0]


def build_optimizer(config: AdamWConfig, network: keras.Model) -> keras.Optimizer:
    """Make the optimizer with all its variables, in the scope of the network's strategy.

    Biases and the scales and shifts of normalisation are not decayed.
    """
    import keras

    optimizer = keras.optimizers.AdamW(weight_decay=config.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(network.trainable_variables)
    return optimizer
