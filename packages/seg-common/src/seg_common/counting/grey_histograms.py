"""Grey levels by class, in bins whose edges are part of the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import LabelVolumeError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

MOST_BINS = 1024


def grey_bin_edges(dtype: DTypeLike, low: float, high: float) -> NDArray[np.float64]:
    """Choose bins for grey levels.

    Parameters
    ----------
    dtype : dtype
        Type of the grey levels.
    low, high : float
        Smallest and largest grey level; not used for uint8, whose bins are always the 256 values.

    Returns
    -------
    ndarray of float64, shape (bins + 1,)
        Growing edges. Integers with at most 1024 values get a bin each, anything else 1024 bins of one width.
    """
    dtype = np.dtype(dtype)
    if dtype == np.uint8:
        return np.arange(257, dtype=np.float64)
    if np.issubdtype(dtype, np.integer) and high - low < MOST_BINS:
        return np.arange(int(low), int(high) + 2, dtype=np.float64)
    return np.linspace(low, high if high > low else low + 1, MOST_BINS + 1)


def grey_histograms(
    image: NDArray[Any], labels: NDArray[Any], n_classes: int, edges: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Count voxels by (class, bin); the histograms of blocks add up.

    Parameters
    ----------
    image : ndarray, shape (z, y, x)
        Grey levels; those outside the edges count in the first or the last bin, NaN counts nowhere.
    labels : ndarray of int, shape (z, y, x)
        Class indices; other values (an ignored label) are left out.
    n_classes : int
        Number of classes.
    edges : ndarray of float64, shape (bins + 1,)
        Growing edges; a bin holds its left edge, the last one both.

    Returns
    -------
    ndarray of int64, shape (n_classes, bins)
        Voxels by class and bin.

    Raises
    ------
    LabelVolumeError
        If the shapes differ.
    """
    if image.shape != labels.shape:
        msg = f"image and labels must have one shape; got {image.shape} and {labels.shape}. Crop one of them."
        raise LabelVolumeError(msg)
    bins = edges.size - 1
    counts = np.zeros(n_classes * bins, np.int64)
    for grey, truth in zip(image, labels, strict=True):
        known = (truth >= 0) & (truth < n_classes)
        if np.issubdtype(grey.dtype, np.floating):
            known &= ~np.isnan(grey)
        index = truth[known].astype(np.int64) * bins + grey_bins(grey[known], edges)
        counts += np.bincount(index, minlength=counts.size)
    return counts.reshape(n_classes, bins)


def grey_bins(grey: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bin of each grey level; see `grey_histograms`."""
    if grey.dtype.kind == "u" and grey.dtype.itemsize <= 2:
        return _search(np.arange(np.iinfo(grey.dtype).max + 1), edges).take(grey)
    return _search(grey, edges)


def _search(grey: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.searchsorted(edges, grey, side="right") - 1
    return found.clip(0, edges.size - 2)
