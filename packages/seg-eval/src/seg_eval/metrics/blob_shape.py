"""Shape of single blobs, whose voxels are read once more: for the few that a gallery shows."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.schema.evaluation_measures import BlobShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_eval.streaming.streaming_blobs import Connectivity

MOST_VOXELS = 2**24
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
        Diameter, axes, solidity, extent and Euler number, by scikit-image. The axes are those of the ellipsoid with the
        moments of the voxels' centres and of the voxels' own extent, so that a single voxel is not a point.

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
    points = np.argwhere(mask) * voxel_size
    centred = points - points.mean(axis=0)
    # The second moment of a solid box of side s about its centre is s²/12, that of a ball of diameter d is d²/20.
    moments = centred.T @ centred / len(points) + np.diag(voxel_size**2 / 12)
    shortest, middle, longest = np.sqrt(20 * np.linalg.eigvalsh(moments).clip(0)).tolist()
    return longest, middle, shortest


def _solidity(mask: NDArray[np.bool_], voxels: int) -> float | None:
    """Volume / volume of the convex hull; None for blobs that are one voxel thin along an axis."""
    if min(mask.shape) < 2:
        return None
    morphology: Any = import_module("skimage.morphology")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of flat blobs that lie askew, which have no hull: their solidity is null
        hull = int(np.count_nonzero(morphology.convex_hull_image(mask)))
    return min(1.0, voxels / hull) if hull else None
