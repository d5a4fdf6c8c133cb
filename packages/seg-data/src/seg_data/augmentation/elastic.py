"""Elastic deformation: the corners of a crop are displaced, and what lies between follows."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import CropError
from seg_data.augmentation.sampling_kernels import find_nearest, sample_linearly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.schema.augmentation import Elastic


def elastic_halo(elastic: Elastic, shape: Index3) -> Index3:
    """Tell how many voxels around a crop a deformation may need.

    Parameters
    ----------
    elastic : Elastic
        Its `max_displacement` follows the crop's own axes: slices, rows, columns.
    shape : tuple of int
        Shape (z, y, x) of the crop, with or without its halo. Nothing moves along an axis of one voxel: 2D crops stay in their
        slice.

    Returns
    -------
    tuple of int
        Voxels per side (z, y, x).
    """
    z, y, x = (ceil(limit) for limit in _limits(elastic, shape))
    return z, y, x


def require_no_fold(elastic: Elastic, crop_shape: Index3) -> None:
    """Refuse displacements by which corners could meet.

    Raises
    ------
    CropError
        If a corner may move by half the crop.
    """
    for axis, limit, side in zip("zyx", _limits(elastic, crop_shape), crop_shape, strict=True):
        if side > 1 and 2 * limit >= side - 1:
            msg = (
                "a corner of a crop must be displaced by less than half the crop, or the crop is folded; got max_displacement "
                f"{limit:g} along {axis} for crop shape {crop_shape}. Choose less than {(side - 1) / 2:g}."
            )
            raise CropError(msg)


def draw_corners(elastic: Elastic, crop_shape: Index3, rng: np.random.Generator) -> NDArray[np.float64] | None:
    """Draw the displacements of a crop's corners, or decide to leave the crop alone.

    Parameters
    ----------
    elastic : Elastic
        Probability of a deformation and largest displacement.
    crop_shape : tuple of int
        Crop shape (z, y, x).
    rng : Generator
        Random numbers for this crop.

    Returns
    -------
    ndarray of float64, shape (2, 2, 2, 3), or None
        Displacement (z, y, x) in voxels of the corner at the start or the end of each axis (z, y, x), uniform between
        ``-max_displacement`` and ``max_displacement``; None for a crop that is not deformed.
    """
    if rng.random() >= elastic.probability:
        return None
    limits = np.array(_limits(elastic, crop_shape))
    return rng.uniform(-limits, limits, (2, 2, 2, 3))


def deform_image(image: NDArray[Any], corners: NDArray[np.float64], halo: Index3) -> NDArray[Any]:
    """Sample grey levels trilinearly at displaced positions.

    Parameters
    ----------
    image : ndarray of float32 or float64, shape (z, y, x, channel)
        The crop with `halo` more voxels on each side.
    corners : ndarray, shape (2, 2, 2, 3)
        From `draw_corners`, each component at most the halo.
    halo : tuple of int
        Voxels around the crop, per side (z, y, x).

    Returns
    -------
    ndarray, dtype of `image`
        The crop: the voxel at p shows what stands at p + d(p), where d is trilinear between the corners.
    """
    z, y, x = (side - 2 * h for side, h in zip(image.shape, halo, strict=False))
    crop = np.empty((z, y, x, image.shape[3]), image.dtype)
    sample_linearly(np.ascontiguousarray(image), corners + np.array(halo), crop)
    return crop


def nearest_voxels(sides: Index3, corners: NDArray[np.float64], halo: Index3) -> NDArray[np.int64]:
    """Tell which voxel of the halo'd crop lies nearest to each displaced position.

    Parameters
    ----------
    sides : tuple of int
        Shape (z, y, x) of the crop with its halo.
    corners, halo
        As for `deform_image`; the positions are the same.

    Returns
    -------
    ndarray of int64, shape (z, y, x) of the crop
        Indices into the flattened array of shape `sides`.
    """
    z, y, x = (side - 2 * h for side, h in zip(sides, halo, strict=True))
    place = np.empty((z, y, x), np.int64)
    find_nearest(*sides, corners + np.array(halo), place)
    return place


def _limits(elastic: Elastic, crop_shape: Index3) -> tuple[float, float, float]:
    z, y, x = (0.0 if n == 1 else limit for n, limit in zip(crop_shape, elastic.max_displacement, strict=True))
    return z, y, x
