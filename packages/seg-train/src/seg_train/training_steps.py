"""The compiled functions of a run: one training step, one validation step, one prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_train.losses.replicas import sum_over_replicas
from seg_train.metrics import confusion_counts
from seg_train.step_in_parts import StepInParts

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from numpy.typing import NDArray

    from seg_train.batch_queue import Batch
    from seg_train.losses.voxel_loss import Loss
    from seg_train.weight_average import WeightAverage


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
    loss : Loss
        What training minimises.
    clip_norm : float or None
        Largest norm of all gradients together.
    accumulate : int
        Equal parts of a training batch that are computed one after the other, in the memory of one.
    average : WeightAverage, optional
        Follows the weights; it is what validates and predicts then.
    """

    def __init__(
        self,
        network: keras.Model,
        optimizer: keras.Optimizer,
        strategy: tf.distribute.Strategy,
        *,
        loss: Loss,
        clip_norm: float | None,
        accumulate: int = 1,
        average: WeightAverage | None = None,
    ) -> None:
        import tensorflow as tf

        self.network = network
        self.optimizer = optimizer
        self._strategy = strategy
        self._loss = loss
        self._clip_norm = clip_norm
        self._accumulate = accumulate
        self._average = average
        self._in_parts = StepInParts(network, optimizer, strategy, loss)
        self._compiled_train = tf.function(self._train_everywhere)
        self._compiled_apply = tf.function(self._apply_everywhere)
        self._compiled_validate = tf.function(self._validate_everywhere)
        self._compiled_predict = tf.function(lambda images: self.validated_network(images, training=False))

    @property
    def validated_network(self) -> keras.Model:
        """The network to validate, to predict with and to save: the averaged one, if there is an average."""
        return self.network if self._average is None else self._average.network

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
        if self._accumulate == 1:
            loss, confusion = self._compiled_train(*self._spread_all(batch))
            return loss, confusion
        pieces = [np.split(array, self._accumulate) for array in batch if array is not None]
        parts = [[self._spread(piece) for piece in part] for part in zip(*pieces, strict=True)]
        gradients, loss, confusion = self._in_parts.gradients(parts)
        self._compiled_apply(gradients)
        return loss, confusion

    def validate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Give the loss's sums (see `Loss.sums`) and the confusion counts of a batch; nothing is learnt."""
        sums, confusion = self._compiled_validate(*self._spread_all(batch))
        return sums, confusion

    def predict(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Give the probabilities of a batch, shape (batch, [z,] y, x, class)."""
        probabilities: NDArray[np.float32] = self._compiled_predict(images).numpy()
        return probabilities

    def variables(self) -> list[Any]:
        """All variables of network, optimizer and average: with the run's position they are its whole state."""
        average = [] if self._average is None else self._average.network.weights
        return [*self.network.variables, *self.optimizer.variables, *average]

    def _spread_all(self, batch: Batch) -> list[Any]:
        """Images, labels and, if there are any, weights, in parts for the replicas."""
        return [self._spread(array) for array in batch if array is not None]

    def _spread(self, array: NDArray[Any]) -> Any:
        import tensorflow as tf

        parts = np.split(array, self._strategy.num_replicas_in_sync)
        return self._strategy.experimental_distribute_values_from_function(
            lambda context: tf.convert_to_tensor(parts[context.replica_id_in_sync_group])
        )

    def _train_everywhere(self, *batch: Any) -> tuple[tf.Tensor, tf.Tensor]:
        loss, confusion = self._strategy.run(self._train_replica, args=batch)
        self._follow()
        return self._same(loss), self._total(confusion)

    def _train_replica(
        self, images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            probabilities = self.network(images, training=True)
            loss = self._loss.of_sums(sum_over_replicas(self._loss.sums(labels, probabilities, weights)))
            scaled = self.optimizer.scale_loss(loss)
        self._apply_replica(tape.gradient(scaled, self.network.trainable_variables))
        return loss, confusion_counts(labels, probabilities)

    def _apply_everywhere(self, gradients: Any) -> None:
        self._strategy.run(self._apply_replica, args=(gradients,))
        self._follow()

    def _apply_replica(self, gradients: list[tf.Tensor]) -> None:
        self.optimizer.apply(self._whole_gradients(gradients), self.network.trainable_variables)

    def _whole_gradients(self, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
        """Sum the gradients over the replicas, then clip them: clipping parts would differ from one device."""
        import tensorflow as tf

        context = tf.distribute.get_replica_context()
        # Gradients of a step in parts come as arguments, which are on no device yet; workers sum nothing that is nowhere.
        gradients = [tf.identity(gradient) for gradient in gradients]
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        if self._clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self.optimizer.scale_loss(self._clip_norm))
        # The optimizer sums what the replicas give it once more; each gives its share of the same whole.
        return [gradient / context.num_replicas_in_sync for gradient in gradients]

    def _follow(self) -> None:
        if self._average is not None:
            self._average.follow(self.network, self.optimizer.iterations, self._strategy)

    def _validate_everywhere(self, *batch: Any) -> tuple[tf.Tensor, tf.Tensor]:
        sums, confusion = self._strategy.run(self._validate_replica, args=batch)
        return self._total(sums), self._total(confusion)

    def _validate_replica(
        self, images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        probabilities = self.validated_network(images, training=False)
        return self._loss.sums(labels, probabilities, weights), confusion_counts(labels, probabilities)

    def _total(self, value: Any) -> tf.Tensor:
        import tensorflow as tf

        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)

    def _same(self, value: Any) -> tf.Tensor:
        """One of the equal values that all replicas hold."""
        return self._strategy.experimental_local_results(value)[0]
