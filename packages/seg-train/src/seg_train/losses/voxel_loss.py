"""A loss in two steps: sums over voxels, which add up over crops, batches and replicas, and the loss of their totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import tensorflow as tf

    from seg_common.schema.losses import Over


class Voxels(NamedTuple):
    """What the sums of a loss are taken over; float32, or float64 for float64 probabilities."""

    truth: tf.Tensor
    """One-hot labels y, shape (batch, voxel, class); all 0 for a voxel without a class."""
    probabilities: tf.Tensor
    """p, shape (batch, voxel, class)."""
    weights: tf.Tensor
    """w, shape (batch, voxel): 0 for a voxel without a class, 1 for others unless weights are given."""


class Loss(Protocol):
    """A loss of a batch, and of any number of batches through their sums."""

    @property
    def size(self) -> int:
        """How many sums there are."""

    @property
    def steady(self) -> bool:
        """Whether its derivative by the sums depends on labels and weights only, and not on the probabilities."""

    def sums(self, labels: tf.Tensor, probabilities: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
        """Sum over a batch; see `VoxelLoss.sums`."""

    def of_sums(self, sums: tf.Tensor) -> tf.Tensor:
        """Compute the loss from totals of sums; see `VoxelLoss.of_sums`."""

    def __call__(self, labels: tf.Tensor, probabilities: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
        """Compute the loss of one batch."""


@dataclass(frozen=True)
class VoxelLoss:
    """One loss over all crops together, or the mean of the losses of single crops."""

    parts: Callable[[Voxels], tf.Tensor]
    """Sums of each crop, shape (batch, part)."""
    finish: Callable[[tf.Tensor], tf.Tensor]
    """Loss from sums, shape (…, part) → (…)."""
    part_count: int
    """Sums of one crop."""
    over: Over
    """``batch`` finishes the sums of all crops once; ``sample`` finishes each crop and takes the mean."""
    mean: bool = False
    """Whether `finish` divides a sum by a sum of weights, as a mean does."""

    @property
    def size(self) -> int:
        """How many sums there are: the parts; or the losses of the crops and their number."""
        return self.part_count if self.over == "batch" else 2

    @property
    def steady(self) -> bool:
        """Whether its derivative by the sums depends on labels and weights only: so it is for means of voxels or of crops."""
        return self.mean or self.over == "sample"

    def sums(self, labels: tf.Tensor, probabilities: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
        """Sum over a batch.

        Parameters
        ----------
        labels : tensor of int, shape (batch, [z,] y, x)
            Class indices; a voxel with any other value (an ignored label) has weight 0.
        probabilities : tensor of float, shape (batch, [z,] y, x, class)
            Output of the network, in [0, 1].
        weights : tensor of float, shape (batch, [z,] y, x), optional
            Weight of each voxel, 0 or more; 1 when not given.

        Returns
        -------
        tensor of float32, shape (size,)
            The sums of parts of a batch add up to the sums of the batch; float64 for float64 probabilities. A crop without
            weight adds nothing.
        """
        import tensorflow as tf

        voxels = _flattened(labels, probabilities, weights)
        parts = self.parts(voxels)
        if self.over == "batch":
            return tf.reduce_sum(parts, axis=0)
        empty = tf.reduce_sum(voxels.weights, axis=1) <= 0
        losses = self.finish(parts)
        losses = tf.where(empty, tf.zeros_like(losses), losses)
        return tf.stack([tf.reduce_sum(losses), tf.reduce_sum(tf.cast(~empty, losses.dtype))])

    def of_sums(self, sums: tf.Tensor) -> tf.Tensor:
        """Compute the loss.

        Parameters
        ----------
        sums : tensor, shape (size,)
            Totals of `sums`.

        Returns
        -------
        scalar tensor
            0 when nothing has weight.
        """
        import tensorflow as tf

        sums = tf.convert_to_tensor(sums)
        return self.finish(sums) if self.over == "batch" else tf.math.divide_no_nan(sums[0], sums[1])

    def __call__(self, labels: tf.Tensor, probabilities: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
        """Compute the loss of one batch; see `sums`."""
        return self.of_sums(self.sums(labels, probabilities, weights))


@dataclass(frozen=True)
class SumLoss:
    """Weighted sum of losses."""

    terms: tuple[tuple[float, Loss], ...]
    """Factors and losses."""

    @property
    def size(self) -> int:
        """How many sums there are."""
        return sum(loss.size for _, loss in self.terms)

    @property
    def steady(self) -> bool:
        """Whether that of every term is; see `VoxelLoss.steady`."""
        return all(loss.steady for _, loss in self.terms)

    def sums(self, labels: tf.Tensor, probabilities: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
        """Put the sums of all terms into one row; see `VoxelLoss.sums`."""
        import tensorflow as tf

        return tf.concat([loss.sums(labels, probabilities, weights) for _, loss in self.terms], axis=0)

    def of_sums(self, sums: tf.Tensor) -> tf.Tensor:
        """Compute the loss; see `VoxelLoss.of_sums`."""
        import tensorflow as tf

        rows = tf.split(tf.convert_to_tensor(sums), [loss.size for _, loss in self.terms])
        return tf.add_n([factor * loss.of_sums(row) for (factor, loss), row in zip(self.terms, rows, strict=True)])

    def __call__(self, labels: tf.Tensor, probabilities: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
        """Compute the loss of one batch; see `VoxelLoss.sums`."""
        return self.of_sums(self.sums(labels, probabilities, weights))


def _flattened(labels: tf.Tensor, probabilities: tf.Tensor, weights: tf.Tensor | None) -> Voxels:
    import tensorflow as tf

    probabilities = tf.convert_to_tensor(probabilities)
    # Half-precision sums over a crop would stop growing: float16 ends at 65504, bfloat16 counts to 256.
    dtype = tf.float64 if probabilities.dtype == tf.float64 else tf.float32
    classes = probabilities.shape[-1]
    crops = tf.shape(labels)[0]
    p = tf.cast(tf.reshape(probabilities, (crops, -1, classes)), dtype)
    y = tf.one_hot(tf.cast(tf.reshape(labels, (crops, -1)), tf.int32), classes, dtype=dtype)
    w = tf.reduce_sum(y, axis=-1)
    if weights is not None:
        w *= tf.cast(tf.reshape(weights, (crops, -1)), dtype)
    return Voxels(y, p, w)
