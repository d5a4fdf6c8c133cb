"""Losses of overlap: jaccard2 and Dice, flat, macro or of a single class.

With y the one-hot label of a voxel, p its probability and w its weight: I = Σ w·y·p, and Q = Σ w·(y + p²).

- jaccard2: 1 - (I + s)/(U + s) with U = Q - I.
- Dice: 1 - (2·I + s)/(Q + s).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.losses.voxel_loss import VoxelLoss, Voxels

if TYPE_CHECKING:
    from typing import Literal

    import tensorflow as tf

    from seg_common.schema.losses import Over

    Form = Literal["flat", "macro", "single"]


def jaccard2(
    classes: int, form: Form = "flat", *, class_index: int | None = None, over: Over = "batch", smoothing: float = 1.0
) -> VoxelLoss:
    """Make the loss 1 - (I + s)/(U + s) with I = Σ w·y·p and U = Σ w·(y + p² - y·p).

    Parameters
    ----------
    classes : int
        Classes told apart.
    form : {"flat", "macro", "single"}
        ``flat`` sums over space and classes at once, the published form; ``macro`` is the mean of the losses of the classes;
        ``single`` is that of one class.
    class_index : int, optional
        The class of the form ``single``.
    over : {"batch", "sample"}
        Whether sums are over all crops, or losses are the mean over crops.
    smoothing : float
        s ≥ 0. With s = 0, a class (or a crop) with U = 0 is left out of the mean; the loss is 0 when all are.

    Returns
    -------
    VoxelLoss
        In [0, 1]: 0 for certain and right probabilities.

    References
    ----------
    .. [1] Bertoldo, Decencière, Ryckelynck, Proudhon, Frontiers in Materials 8 (2021), doi:10.3389/fmats.2021.761229
    """
    return _overlap(1.0, classes, form, class_index, over, smoothing)


def dice(
    classes: int, form: Form = "flat", *, class_index: int | None = None, over: Over = "batch", smoothing: float = 1.0
) -> VoxelLoss:
    """Make the loss 1 - (2·I + s)/(Q + s) with I = Σ w·y·p and Q = Σ w·(y + p²); parameters as in `jaccard2`.

    References
    ----------
    .. [1] Milletari, Navab, Ahmadi, V-Net, 3DV 2016, doi:10.1109/3DV.2016.79
    """
    return _overlap(2.0, classes, form, class_index, over, smoothing)


def _overlap(
    factor: float, classes: int, form: Form, class_index: int | None, over: Over, smoothing: float
) -> VoxelLoss:
    """Make 1 - (factor·I + s)/(Q - (2 - factor)·I + s)."""
    ratios = classes if form == "macro" else 1

    def parts(voxels: Voxels) -> tf.Tensor:
        """Numerators, then denominators, shape (batch, 2 · ratios)."""
        import tensorflow as tf

        y, p, w = voxels
        if form == "single":
            y, p = y[..., class_index, tf.newaxis], p[..., class_index, tf.newaxis]
        axes = (1,) if form == "macro" else (1, 2)
        w = w[..., tf.newaxis]
        overlap = w * y * p
        numerators = tf.reduce_sum(overlap, axis=axes) * factor
        denominators = tf.reduce_sum(w * (y + p * p) - (2 - factor) * overlap, axis=axes)
        return tf.concat([tf.reshape(numerators, (-1, ratios)), tf.reshape(denominators, (-1, ratios))], axis=-1)

    def finish(sums: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        numerators, denominators = tf.split(sums, 2, axis=-1)
        ratio = tf.math.divide_no_nan(numerators + smoothing, denominators + smoothing)
        # Asked this way round, a sum that is not a number stays one, and the run notices.
        empty = denominators + smoothing <= 0
        losses = tf.where(empty, tf.zeros_like(ratio), 1 - ratio)
        counted = tf.cast(~empty, ratio.dtype)
        return tf.math.divide_no_nan(tf.reduce_sum(losses, axis=-1), tf.reduce_sum(counted, axis=-1))

    return VoxelLoss(parts, finish, 2 * ratios, over)
