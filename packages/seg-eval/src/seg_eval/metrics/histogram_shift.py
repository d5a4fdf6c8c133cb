"""How far a histogram lies from what known classes in given amounts would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WARN_ABOVE = 0.1
"""A tenth of the voxels where the calibration has none to explain them: more than the amounts of the classes differ."""


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
        Total variation distance in [0, 1]: half the sum of the absolute differences of the two normalised histograms;
        None when one of them is empty.

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
    distance = np.abs(observed / observed.sum() - mixture).sum() / 2
    return float(min(distance, 1.0))
