"""How far a histogram lies from what known classes in given amounts would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WARN_ABOVE = 0.1
"""A tenth of the voxels where the calibration has none to explain them: more than the amounts of the classes differ."""

GROUPS = 32
"""Bins are joined to so many groups of equal mass: the noise of a thousand voxels in 256 bins would look like a shift."""


def unexplained_share(
    observed: NDArray[np.int64], by_class: NDArray[np.int64], fractions: NDArray[np.float64]
) -> float | None:
    """Compare a histogram with the mixture of the classes' histograms.

    Were only the amounts of the classes different, the histogram would be that mixture; what is left over is a change of
    the classes themselves, of the contrast, or of the scanner.

    Parameters
    ----------
    observed : ndarray of int, shape (bin,)
        Voxels of the new volume by bin.
    by_class : ndarray of int, shape (class, bin)
        Voxels of the calibration volume by reference class and bin.
    fractions : ndarray of float, shape (class,)
        Amounts of the classes in the new volume.

    Returns
    -------
    float or None
        Total variation distance in [0, 1] of the two normalised histograms: half the sum of their absolute differences,
        over 32 groups of bins in which the mixture has equal mass. None when one of them is empty.

    Examples
    --------
    >>> unexplained_share(np.array([3, 1]), np.array([[9, 0], [0, 4]]), np.array([0.5, 0.5]))
    0.25
    """
    voxels = by_class.sum(axis=1)
    if not observed.sum() or not fractions[voxels > 0].sum():
        return None
    present = voxels > 0
    mixture = (fractions[present] / fractions[present].sum()) @ (by_class[present] / voxels[present, np.newaxis])
    group = np.minimum((np.cumsum(mixture) - mixture / 2) * GROUPS, GROUPS - 1).astype(np.int64)
    difference = np.bincount(group, observed / observed.sum() - mixture)
    return float(min(np.abs(difference).sum() / 2, 1.0))
