"""Bins of blob sizes: each twice as wide as the one before, their edges part of the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def size_edges(largest: int) -> list[int]:
    """Choose bins that hold all sizes from 1 to `largest`.

    Returns
    -------
    list of int
        1, 2, 4, … up to the first power of 2 above `largest`; a bin holds its left edge and not its right one.

    Examples
    --------
    >>> size_edges(4)
    [1, 2, 4, 8]
    """
    return [2**power for power in range(max(largest, 1).bit_length() + 1)]


def size_bins(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bin of each size: the power of 2 at its left edge.

    Parameters
    ----------
    sizes : ndarray of int, shape (n,)
        At least 1, below 2^53.

    Returns
    -------
    ndarray of int64, shape (n,)
        Exact: `frexp` looks at the bits.
    """
    _, exponent = np.frexp(sizes.astype(np.float64))
    bins: NDArray[np.int64] = exponent.astype(np.int64) - 1
    return bins
