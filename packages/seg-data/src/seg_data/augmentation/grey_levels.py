"""Blur, contrast, brightness and noise of one crop; all in floating point, rounded once at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from seg_common.schema.augmentation import Augmentation


def changes_grey_levels(augmentation: Augmentation) -> bool:
    """Whether any of the four is asked for."""
    return any((augmentation.blur, augmentation.grey_scale, augmentation.grey_shift, augmentation.noise))


def as_real(image: NDArray[Any]) -> NDArray[Any]:
    """Copy grey levels to float32, or to float64 where that would not hold them: integers and reals of 32 bits or more."""
    exact = np.result_type(image.dtype, np.float32)
    return image.astype(exact, order="C")


def as_stored(image: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return to the stored dtype: integers are rounded, half to even, and clipped to their range; `image` is overwritten."""
    if dtype.kind == "f":
        return image.astype(dtype, copy=False)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    np.rint(image, out=image)
    # The largest 64-bit integers are no doubles: the nearest is one too large to be stored.
    top = image.dtype.type(high)
    np.clip(image, low, top if int(top) <= high else np.nextafter(top, image.dtype.type(0)), out=image)
    return image.astype(dtype)


def change_grey_levels(
    image: NDArray[Any], augmentation: Augmentation, rng_for: Callable[[str], np.random.Generator]
) -> NDArray[Any]:
    """Blur, scale, shift and add noise, in this order.

    Parameters
    ----------
    image : ndarray of float32 or float64, shape (z, y, x, channel)
        The crop; overwritten.
    augmentation : Augmentation
        Largest change of each kind, 0 for none.
    rng_for : callable
        Gives the random numbers named ``blur``, ``grey_scale``, ``grey_shift`` and ``noise``.

    Returns
    -------
    ndarray
        The changed crop, not rounded.
    """
    if augmentation.blur:
        image = blurred(image, rng_for("blur").uniform(0.0, augmentation.blur))
    if augmentation.grey_scale:
        factor = rng_for("grey_scale").uniform(1.0 - augmentation.grey_scale, 1.0 + augmentation.grey_scale)
        mean = image.mean(dtype=np.float64)
        image *= image.dtype.type(factor)
        image += image.dtype.type(mean * (1.0 - factor))
    if augmentation.grey_shift:
        image += image.dtype.type(rng_for("grey_shift").uniform(-augmentation.grey_shift, augmentation.grey_shift))
    if augmentation.noise:
        rng = rng_for("noise")
        deviation = rng.uniform(0.0, augmentation.noise)
        noise = rng.standard_normal(image.shape, image.dtype)
        noise *= image.dtype.type(deviation)
        image += noise
    return image


def blurred(image: NDArray[Any], deviation: float) -> NDArray[Any]:
    """Smooth with a Gaussian along every axis of more than one voxel, each channel for itself.

    Parameters
    ----------
    image : ndarray of float32 or float64, shape (z, y, x, channel)
        The crop, mirrored at its faces without repeating their voxels: blurring needs no voxel around it.
    deviation : float
        Standard deviation in voxels; the kernel ends at 3 of them.

    Returns
    -------
    ndarray
        New array of the same dtype.
    """
    from scipy.ndimage import gaussian_filter

    axes = tuple(axis for axis in range(3) if image.shape[axis] > 1)
    smooth: NDArray[Any] = gaussian_filter(image, deviation, axes=axes, mode="mirror", truncate=3.0)
    return smooth
