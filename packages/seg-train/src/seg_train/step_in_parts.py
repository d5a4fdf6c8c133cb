"""The gradient of a large batch from parts of it that are computed one after the other, in the memory of one part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_train.metrics import confusion_counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    import tensorflow as tf

    from seg_train.losses.voxel_loss import Loss


class StepInParts:
    """Gradients of the loss f(S) of all crops of a step, where S = Σ s are the sums over the parts.

    The gradient of f(S) is Σ f'(S)·∇s: once S is known, each part gives its share. Where f' does not depend on the
    probabilities (cross-entropy, focal loss, any mean over crops), labels and weights are enough for it, and each part is computed
    once. Losses of overlap over a batch need all probabilities before the first gradient: the network answers twice, with the same
    dropout and noise, and the step costs about a third more. In both cases the gradient is that of the large batch, not a mean of
    gradients of small ones. Batch normalisation takes its statistics from each part.

    Parameters
    ----------
    network, optimizer, strategy, loss
        As in `TrainingSteps`.
    """

    def __init__(
        self, network: keras.Model, optimizer: keras.Optimizer, strategy: tf.distribute.Strategy, loss: Loss
    ) -> None:
        import tensorflow as tf

        self._network = network
        self._optimizer = optimizer
        self._strategy = strategy
        self._loss = loss
        # Each part is a call of its own: within one graph TensorFlow would compute several at a time, in the memory of several.
        self._begin = tf.function(lambda: strategy.run(self._begin_replica))
        self._measure = tf.function(self._measure_everywhere)
        self._add = tf.function(self._add_everywhere)

    def gradients(self, parts: Sequence[Sequence[Any]]) -> tuple[Any, tf.Tensor, tf.Tensor]:
        """Compute the gradient of all parts together.

        Parameters
        ----------
        parts : sequence of sequences
            Images, labels and, if there are any, weights of each part, spread over the replicas.

        Returns
        -------
        gradients : list of per-replica tensors
            Of the scaled loss, by the weights; they add up over the replicas.
        loss : scalar tensor
            Loss of all parts together.
        confusion : tensor of int64, shape (class, class)
            Counts of all parts.
        """
        import tensorflow as tf

        state, gradients = self._begin()
        measured = []
        for part in parts:
            sums, state = self._measure(state, *part)
            measured.append(sums)
        totals = tf.add_n(measured)
        results = []
        for part in parts:
            gradients, sums, confusion = self._add(gradients, totals, *part)
            results.append((sums, confusion))
        loss = self._loss.of_sums(tf.add_n([sums for sums, _ in results]))
        return gradients, loss, tf.add_n([confusion for _, confusion in results])

    def _begin_replica(self) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """Give what the network remembers (statistics, states of dropout and noise), and a gradient of 0."""
        import tensorflow as tf

        state = [] if self._loss.steady else [tf.identity(v.value) for v in self._network.non_trainable_variables]
        return state, [tf.zeros_like(variable.value) for variable in self._network.trainable_variables]

    def _measure_everywhere(self, state: Any, *part: Any) -> tuple[tf.Tensor, Any]:
        sums, state = self._strategy.run(self._measure_replica, args=(state, *part))
        return self._total(sums), state

    def _measure_replica(
        self, state: list[tf.Tensor], images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Sum over a part as training sees it, and leave all variables as they are: the gradient comes later."""
        import tensorflow as tf

        if self._loss.steady:
            classes = self._network.output_shape[-1]
            shape = tf.concat([tf.shape(labels), [classes]], axis=0)
            return self._loss.sums(
                labels, tf.fill(shape, tf.cast(1 / classes, self._network.output.dtype)), weights
            ), state
        trained = [variable.value for variable in self._network.trainable_variables]
        probabilities, state = self._network.stateless_call(trained, state, images, training=True)
        return self._loss.sums(labels, probabilities, weights), state

    def _add_everywhere(self, gradients: Any, totals: tf.Tensor, *part: Any) -> tuple[Any, tf.Tensor, tf.Tensor]:
        gradients, sums, confusion = self._strategy.run(self._add_replica, args=(gradients, totals, *part))
        return gradients, self._total(sums), self._total(confusion)

    def _add_replica(
        self,
        gradients: list[tf.Tensor],
        totals: tf.Tensor,
        images: tf.Tensor,
        labels: tf.Tensor,
        weights: tf.Tensor | None = None,
    ) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor]:
        import tensorflow as tf

        with tf.GradientTape() as outer:
            outer.watch(totals)
            loss = self._loss.of_sums(totals)
        slopes = outer.gradient(loss, totals)
        with tf.GradientTape() as tape:
            probabilities = self._network(images, training=True)
            sums = self._loss.sums(labels, probabilities, weights)
            scaled = self._optimizer.scale_loss(tf.reduce_sum(slopes * sums))
        found = tape.gradient(scaled, self._network.trainable_variables)
        together = [before + more for before, more in zip(gradients, found, strict=True)]
        return together, sums, confusion_counts(labels, probabilities)

    def _total(self, value: Any) -> tf.Tensor:
        import tensorflow as tf

        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)
