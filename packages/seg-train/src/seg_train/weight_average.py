"""A moving average of a network's weights, as a network of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class WeightAverage:
    """A second network whose weights, statistics of normalisation among them, are a moving average of those of the first.

    After step n (from 0) the average keeps min(`kept`, n/(n + 9)) of itself and takes the rest from the weights: it forgets
    where it started after the first step, and soon averages over about 1/(1 - `kept`) steps.

    Parameters
    ----------
    network : keras.Model
        Built as the one that is trained, in the strategy's scope.
    kept : float
        Share of itself that the average keeps in each step, in (0, 1).
    """

    def __init__(self, network: keras.Model, kept: float) -> None:
        self.network = network
        self._kept = kept

    def follow(self, trained: keras.Model, steps: Any, strategy: tf.distribute.Strategy) -> None:
        """Take one more step into the average; call it in a compiled function, outside the replicas.

        Parameters
        ----------
        trained : keras.Model
            Network after the step.
        steps : scalar variable
            Steps that have moved it, this one included; 0 when none has.
        strategy : tf.distribute.Strategy
            Whose scope both networks were made in.
        """
        import tensorflow as tf

        before = tf.cast(tf.convert_to_tensor(steps), tf.float64) - 1
        kept = tf.clip_by_value(before / (before + 9), 0.0, self._kept)

        def move(mean: tf.Variable, weight: tf.Variable) -> None:
            share = tf.cast(kept, mean.dtype)
            mean.assign(share * mean + (1 - share) * weight)

        for mean, weight in zip(self.network.weights, trained.weights, strict=True):
            strategy.extended.update(mean.value, move, args=(weight.value,), group=True)
