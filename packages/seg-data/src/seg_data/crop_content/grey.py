"""Statistics of the grey levels of a crop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seg_common.blocks.plan import block_shape_for
from seg_common.geometry.tiling import block_boxes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.array_reader import ArrayReader

BINS = 256
BLOCK_BYTES = 2**25


def grey_statistic(
    voxels: NDArray[Any], statistic: Literal["mean", "std", "entropy"], limits: tuple[float, float]
) -> float:
    """Compute a statistic of grey levels.

    Parameters
    ----------
    voxels : ndarray, any shape
        Grey levels.
    statistic : {"mean", "std", "entropy"}
        Mean or standard deviation in grey levels, or Shannon's entropy in bits of the histogram.
    limits : tuple of float
        First and last edge of the 256 bins of the histogram.

    Returns
    -------
    float

    References
    ----------
    .. [1] Shannon, "A mathematical theory of communication", 1948, doi:10.1002/j.1538-7305.1948.tb01338.x
    """
    if statistic == "mean":
        return float(voxels.mean(dtype=np.float64))
    if statistic == "std":
        return float(voxels.std(dtype=np.float64))
    counts = np.bincount(voxels.ravel()) if voxels.dtype == np.uint8 else np.histogram(voxels, BINS, limits)[0]
    shares = counts[counts > 0] / voxels.size
    return float(-np.sum(shares * np.log2(shares)))


def histogram_limits(image: ArrayReader, region: Box) -> tuple[float, float]:
    """First and last edge of the histogram: the range of integer types, that of the region's voxels for real numbers."""
    if np.issubdtype(image.dtype, np.integer):
        info = np.iinfo(image.dtype)
        return float(info.min), float(info.max) + 1.0
    low, high = np.inf, -np.inf
    for block in block_boxes(region, block_shape_for(region.shape, image.dtype.itemsize, BLOCK_BYTES)):
        voxels = image.read(block)
        low, high = min(low, float(voxels.min())), max(high, float(voxels.max()))
    return low, high
