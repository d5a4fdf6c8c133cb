"""Symmetries and changes of grey levels as Keras layers, for training with `fit` or on a GPU.

They do what crops undergo in numpy, and stay outside the saved network, which rescales its voxels itself. Runs of this package
do without them: their crops come augmented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from seg_common.geometry.symmetries import Symmetry, symmetries_of
from seg_common.schema.augmentation import Augmentation
from seg_train.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence


@keras.saving.register_keras_serializable(package="seg_train")
class RandomSymmetry(keras.layers.Layer):  # type: ignore[misc] # the type checker does not see Keras
    """Turn and mirror each crop of a batch at random, in training only; images, labels and weights alike.

    Parameters
    ----------
    rank : int
        Spatial axes: 2 or 3.
    voxel_size : tuple of float, optional
        Edge lengths (z, y, x) of a voxel; only axes along which they are equal are exchanged. Not given, voxels are cubes.
    seed : int, optional
        Seed of the numbers drawn.
    """

    def __init__(
        self,
        rank: int,
        voxel_size: tuple[float, float, float] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.rank = rank
        self.voxel_size = None if voxel_size is None else tuple(voxel_size)
        self.seed = seed
        self._numbers = keras.random.SeedGenerator(seed)

    def call(self, arrays: Any, training: bool | None = None) -> Any:
        """Turn a batch.

        Parameters
        ----------
        arrays : tensor or structure of tensors, shape (batch, [z,] y, x) or (batch, [z,] y, x, channel)
            Images, labels, weights of the same crops, of a shape that is known when the layer is called.
        training : bool, optional
            Nothing happens unless it is true.

        Returns
        -------
        The same structure, shapes and dtypes.
        """
        if not training:
            return arrays
        first = keras.tree.flatten(arrays)[0]
        count = len(self.symmetries(first.shape))
        drawn = keras.random.uniform((tf.shape(first)[0],), 0, count, seed=self._numbers)
        indices = tf.minimum(tf.cast(drawn, tf.int32), count - 1)
        return keras.tree.map_structure(lambda array: self.turned(array, indices), arrays)

    def symmetries(self, shape: Sequence[int | None]) -> tuple[Symmetry, ...]:
        """List the symmetries of crops whose batches have a shape.

        Raises
        ------
        TrainingError
            If a side is not known.
        """
        sides = [1] * (3 - self.rank) + list(shape[1 : 1 + self.rank])
        known = [side for side in sides if side is not None]
        if len(known) < 3:
            msg = f"crops need a known shape to be turned; got {tuple(shape)}. Give the sides to keras.Input or to the dataset."
            raise TrainingError(msg)
        return symmetries_of((known[0], known[1], known[2]), self.voxel_size)

    def turned(self, array: tf.Tensor, indices: tf.Tensor) -> tf.Tensor:
        """Turn each crop by the symmetry of an index; see `symmetries`."""
        array = tf.convert_to_tensor(array)
        found = self.symmetries(array.shape)

        def turn(pair: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            crop, index = pair
            ways = [lambda symmetry=symmetry: self._apply(symmetry, crop) for symmetry in found]
            return tf.ensure_shape(tf.switch_case(index, ways), crop.shape)

        return tf.map_fn(turn, (array, indices), fn_output_signature=tf.TensorSpec(array.shape[1:], array.dtype))

    def _apply(self, symmetry: Symmetry, crop: tf.Tensor) -> tf.Tensor:
        planar = 3 - self.rank
        axes = [axis - planar for axis in symmetry.axes[planar:]]
        rest = range(self.rank, crop.shape.rank)
        mirrored = [axis for axis, mirror in enumerate(symmetry.mirrored[planar:]) if mirror]
        turned = tf.transpose(crop, [*axes, *rest])
        return tf.reverse(turned, mirrored) if mirrored else turned

    def get_config(self) -> dict[str, Any]:
        """Describe the layer for saving."""
        return {**super().get_config(), "rank": self.rank, "voxel_size": self.voxel_size, "seed": self.seed}


@keras.saving.register_keras_serializable(package="seg_train")
class RandomGreyLevels(keras.layers.Layer):  # type: ignore[misc] # the type checker does not see Keras
    """Blur each crop of a batch, change its contrast and brightness and add noise at random, in training only.

    Parameters
    ----------
    augmentation : Augmentation or mapping
        Largest change of each kind; elastic deformation needs voxels around a crop and is not done here.
    seed : int, optional
        Seed of the numbers drawn.

    Raises
    ------
    TrainingError
        If elastic deformation is asked for.
    """

    def __init__(self, augmentation: Augmentation | dict[str, Any], seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.augmentation = Augmentation.model_validate(augmentation)
        if self.augmentation.elastic is not None:
            msg = "a layer cannot deform crops, that needs the voxels around them; got elastic. Leave it to the crop reader."
            raise TrainingError(msg)
        self.seed = seed
        self._numbers = keras.random.SeedGenerator(seed)

    def call(self, images: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Change grey levels.

        Parameters
        ----------
        images : tensor, shape (batch, [z,] y, x, channel)
            Grey levels in their stored dtype.
        training : bool, optional
            Nothing happens unless it is true.

        Returns
        -------
        tensor
            The same shape and dtype; integers are rounded and clipped to their range.
        """
        asked = self.augmentation
        if not training or not any((asked.blur, asked.grey_scale, asked.grey_shift, asked.noise)):
            return images
        images = tf.convert_to_tensor(images)
        noise = None
        if asked.noise:
            deviations = self._drawn(images, 0.0, asked.noise)
            noise = keras.random.normal(tf.shape(images), dtype=_real(images.dtype), seed=self._numbers)
            noise *= _per_crop(tf.cast(deviations, noise.dtype), images)
        return change_grey_levels(
            images,
            blur=self._drawn(images, 0.0, asked.blur) if asked.blur else None,
            largest_blur=asked.blur,
            factors=self._drawn(images, 1 - asked.grey_scale, 1 + asked.grey_scale) if asked.grey_scale else None,
            shifts=self._drawn(images, -asked.grey_shift, asked.grey_shift) if asked.grey_shift else None,
            noise=noise,
        )

    def _drawn(self, images: tf.Tensor, low: float, high: float) -> tf.Tensor:
        return keras.random.uniform((tf.shape(images)[0],), low, high, dtype="float64", seed=self._numbers)

    def get_config(self) -> dict[str, Any]:
        """Describe the layer for saving."""
        return {**super().get_config(), "augmentation": self.augmentation.model_dump(), "seed": self.seed}


def change_grey_levels(
    images: tf.Tensor,
    *,
    blur: tf.Tensor | None = None,
    largest_blur: float = 0.0,
    factors: tf.Tensor | None = None,
    shifts: tf.Tensor | None = None,
    noise: tf.Tensor | None = None,
) -> tf.Tensor:
    """Blur, scale, shift and add noise, in this order.

    Parameters
    ----------
    images : tensor, shape (batch, [z,] y, x, channel)
        Grey levels in their stored dtype.
    blur : tensor of float, shape (batch,), optional
        Standard deviation of each crop's Gaussian in voxels.
    largest_blur : float
        None of `blur` is larger.
    factors, shifts : tensor of float, shape (batch,), optional
        Factor of the distance from the crop's mean, and what is added.
    noise : tensor of float, shape of `images`, optional
        Added last.

    Returns
    -------
    tensor
        The same shape and dtype; integers are rounded, half to even, and clipped to their range.
    """
    stored = images.dtype
    real = tf.cast(images, _real(stored))
    if blur is not None:
        real = _blurred(real, tf.cast(blur, real.dtype), largest_blur)
    if factors is not None:
        factors = tf.cast(factors, tf.float64)
        means = tf.reduce_mean(tf.cast(real, tf.float64), axis=list(range(1, real.shape.rank)))
        real *= _per_crop(tf.cast(factors, real.dtype), real)
        real += _per_crop(tf.cast(means * (1 - factors), real.dtype), real)
    if shifts is not None:
        real += _per_crop(tf.cast(shifts, real.dtype), real)
    if noise is not None:
        real += tf.cast(noise, real.dtype)
    if stored.is_floating:
        return tf.cast(real, stored)
    return tf.cast(tf.clip_by_value(tf.round(real), float(stored.min), float(stored.max)), stored)


def _real(stored: tf.DType) -> tf.DType:
    """Give the type that holds all grey levels of a stored type."""
    return tf.as_dtype(np.result_type(stored.as_numpy_dtype, np.float32))


def _per_crop(values: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    return tf.reshape(values, (-1, *[1] * (images.shape.rank - 1)))


def _blurred(images: tf.Tensor, deviations: tf.Tensor, largest: float) -> tf.Tensor:
    """Smooth along every spatial axis with Gaussians cut at 3 deviations; crops are mirrored at their faces."""
    reach = int(3 * largest + 0.5)
    offsets = np.arange(-reach, reach + 1)
    distances = tf.cast(np.abs(offsets), images.dtype)
    # A deviation of 0 leaves only the voxel itself: its own reach is 0.
    narrow = tf.maximum(deviations, tf.cast(1e-6, images.dtype))[:, tf.newaxis]
    kernels = tf.exp(-0.5 * (distances / narrow) ** 2)
    kernels = tf.where(distances <= tf.floor(3 * deviations[:, tf.newaxis] + 0.5), kernels, tf.zeros_like(kernels))
    kernels /= tf.reduce_sum(kernels, axis=1, keepdims=True)
    for axis in range(1, images.shape.rank - 1):
        side = tf.shape(images)[axis]
        period = tf.maximum(2 * (side - 1), 1)
        smooth = tf.zeros_like(images)
        for place, offset in enumerate(offsets.tolist()):
            there = tf.math.floormod(tf.range(side) + offset, period)
            shifted = tf.gather(images, tf.minimum(there, period - there), axis=axis)
            smooth += _per_crop(kernels[:, place], images) * shifted
        images = smooth
    return images
