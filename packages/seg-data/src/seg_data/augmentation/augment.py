"""The story of one crop's augmentation: elastic deformation, then the grey levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_data.augmentation.elastic import (
    deform_image,
    draw_corners,
    elastic_halo,
    nearest_voxels,
    require_no_fold,
)
from seg_data.augmentation.grey_levels import as_real, as_stored, change_grey_levels, changes_grey_levels

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.schema.augmentation import Augmentation


def augmentation_halo(augmentation: Augmentation | None, crop_shape: Index3) -> Index3:
    """Tell how many voxels around a crop `augment` wants to be given.

    Parameters
    ----------
    augmentation : Augmentation or None
        What will be done to the crop.
    crop_shape : tuple of int
        Crop shape (z, y, x).

    Returns
    -------
    tuple of int
        Voxels per side (z, y, x): the largest elastic displacement, rounded up; 0 along an axis of one voxel. Blurring mirrors
        the crop at its faces instead.

    Raises
    ------
    CropError
        If the elastic deformation could fold the crop.
    """
    if augmentation is None or augmentation.elastic is None:
        return 0, 0, 0
    require_no_fold(augmentation.elastic, crop_shape)
    return elastic_halo(augmentation.elastic, crop_shape)


def augment(
    image: NDArray[Any],
    labels: NDArray[Any] | None,
    weights: NDArray[Any] | None,
    augmentation: Augmentation,
    rng_for: Callable[[str], np.random.Generator],
) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]:
    """Deform a crop and change its grey levels at random.

    Parameters
    ----------
    image : ndarray, shape (z, y, x) or (z, y, x, channel)
        Grey levels of the crop and of ``augmentation_halo(augmentation, crop_shape)`` voxels around it. All channels are moved
        alike; noise is independent in each.
    labels : ndarray or None, shape (z, y, x)
        Class indices of the same voxels; ignored ones move like any other.
    weights : ndarray or None, shape (z, y, x)
        Voxel weights of the same voxels.
    augmentation : Augmentation
        What is done. Displacements follow the axes of these arrays: slices, rows and columns of the crop.
    rng_for : callable
        Gives a fresh generator for each of the names ``elastic``, ``blur``, ``grey_scale``, ``grey_shift`` and ``noise``; asked
        for those in use only. Independent generators leave each ingredient as it is when another is added.

    Returns
    -------
    image, labels, weights : ndarray or None
        The crop without its halo, in the dtypes given; views of the input where nothing is changed, else new arrays. Integer
        grey levels are rounded once, at the end, and clipped to their range. Labels and weights are those of the nearest voxel.
    """
    # An axis of one voxel has no halo, and the halo of any other is the same: the shape with its halo tells as much.
    sides = (image.shape[0], image.shape[1], image.shape[2])
    halo = (0, 0, 0) if augmentation.elastic is None else elastic_halo(augmentation.elastic, sides)
    z, y, x = (side - 2 * h for side, h in zip(sides, halo, strict=True))
    corners = None
    if augmentation.elastic is not None:
        corners = draw_corners(augmentation.elastic, (z, y, x), rng_for("elastic"))

    dtype, channels = image.dtype, image.shape[3:]
    if corners is None:
        inner = tuple(slice(h, h + side) for h, side in zip(halo, (z, y, x), strict=True))
        image = image[inner]
        labels, weights = (None if array is None else array[inner] for array in (labels, weights))
        if not changes_grey_levels(augmentation):
            return image, labels, weights
        real = as_real(image).reshape(z, y, x, -1)
    else:
        real = deform_image(as_real(image).reshape(*sides, -1), corners, halo)
        if labels is not None or weights is not None:
            place = nearest_voxels(sides, corners, halo)
            labels, weights = (None if array is None else array.reshape(-1)[place] for array in (labels, weights))
    real = change_grey_levels(real, augmentation, rng_for)
    return as_stored(real, dtype).reshape(z, y, x, *channels), labels, weights
