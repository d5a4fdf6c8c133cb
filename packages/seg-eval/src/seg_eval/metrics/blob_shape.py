"""Shape of single blobs, whose voxels are read once more: for the few that a gallery shows."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.schema.evaluation_measures import BlobShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_eval.streaming.streaming_blobs import Connectivity

MOST_VOXELS = 2**23
"""Boxes with more voxels are not described: their voxels would have to be in memory at one time."""


def blob_shape(
    codes: NDArray[Any],
    first_voxel: tuple[int, int, int],
    connectivity: Connectivity,
    voxel_size: tuple[float, float, float] = (1.0, 1.0, 1.0),
    unit: str = "voxels",
) -> BlobShape:
    """Describe the shape of the blob that a voxel belongs to.

    Parameters
    ----------
    codes : ndarray of bool, uint8 or uint16, shape (z, y, x)
        The bounding box of the blob; equal codes join, other blobs in the box are left out.
    first_voxel : tuple of int
        A voxel (z, y, x) of the blob, inside the box.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.
    voxel_size : tuple of float
        Edge lengths (z, y, x) of a voxel.
    unit : str
        Their unit.

    Returns
    -------
    BlobShape
        Diameter, axes, solidity, extent, and the Euler number by scikit-image. Voxels are little boxes in all of them, so
        that a single one is neither a point nor without a hull.

    Examples
    --------
    >>> import numpy as np
    >>> bar = blob_shape(np.ones((1, 1, 8), bool), (0, 0, 0), 1)
    >>> bar.extent, bar.euler_number, round(bar.equivalent_diameter, 3)
    (1.0, 1, 2.481)
    """
    from scipy.ndimage import generate_binary_structure, label

    measure: Any = import_module("skimage.measure")
    numbers, _ = label(codes == codes[first_voxel], generate_binary_structure(3, connectivity))
    mask = numbers == numbers[first_voxel]
    voxels = int(np.count_nonzero(mask))
    volume = voxels * float(np.prod(voxel_size))
    return BlobShape(
        unit=unit,
        equivalent_diameter=(6 * volume / np.pi) ** (1 / 3),
        axis_lengths=_axis_lengths(mask, np.array(voxel_size)),
        solidity=_solidity(mask, voxels),
        extent=voxels / mask.size,
        # scikit-image knows the Euler number for 6 and 26 neighbours only; 18 lie nearer to 26.
        euler_number=int(measure.euler_number(mask, connectivity=1 if connectivity == 1 else 3)),
    )


def _axis_lengths(mask: NDArray[np.bool_], voxel_size: NDArray[np.float64]) -> tuple[float, float, float]:
    """Axes of an ellipsoid from the counts on the three faces of the box: no list of voxels."""
    voxels = np.count_nonzero(mask)
    places = [np.arange(length) - (length - 1) / 2 for length in mask.shape]
    moments = np.zeros((3, 3))
    means = np.zeros(3)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        plane = mask.sum(axis=3 - a - b)
        means[a], means[b] = plane.sum(axis=1) @ places[a] / voxels, plane.sum(axis=0) @ places[b] / voxels
        moments[a, b] = moments[b, a] = places[a] @ plane @ places[b] / voxels - means[a] * means[b]
        moments[a, a] = plane.sum(axis=1) @ places[a] ** 2 / voxels - means[a] ** 2
        moments[b, b] = plane.sum(axis=0) @ places[b] ** 2 / voxels - means[b] ** 2
    # The second moment of a solid box of side s about its centre is s^2 / 12, that of a ball of diameter d is d^2 / 20.
    moments = (moments + np.eye(3) / 12) * np.outer(voxel_size, voxel_size)
    shortest, middle, longest = np.sqrt(20 * np.linalg.eigvalsh(moments).clip(0)).tolist()
    return longest, middle, shortest


def _solidity(mask: NDArray[np.bool_], voxels: int) -> float:
    """Volume / volume of the convex hull of the voxels' corners, of which the ends of each row are enough."""
    from scipy.spatial import ConvexHull

    z, y = np.nonzero(mask.any(axis=2))
    rows = mask[z, y]
    first, last = rows.argmax(axis=1), mask.shape[2] - rows[:, ::-1].argmax(axis=1)
    corners = [np.stack([z + i, y + j, x], axis=1) for i in (0, 1) for j in (0, 1) for x in (first, last)]
    hull = ConvexHull(np.unique(np.concatenate(corners), axis=0))
    return min(1.0, voxels / float(hull.volume))
