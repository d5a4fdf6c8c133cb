"""Draw positions from a probability of their own, however many there are: first a row of positions, then a place in it.

Only the sum of each row is kept, one number for the positions that share z and y; the row itself is computed when it is drawn.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3

ROWS_KEPT = 512


class RowStarts:
    """Positions with a weight each.

    Parameters
    ----------
    first : tuple of int
        First voxel (z, y, x) of the first position.
    sums : ndarray of float64, shape (z, y)
        Sum of the weights of each row of positions.
    weights_of_row : callable
        (z, y) of a row, counted from `first`, → weights of its positions, float64 of shape (x,).
    """

    def __init__(
        self,
        first: Index3,
        sums: NDArray[np.float64],
        weights_of_row: Callable[[int, int], NDArray[np.float64]],
    ) -> None:
        self._first = np.array(first)
        self._columns = sums.shape[1]
        self._upto = np.cumsum(sums.ravel())
        self._weights_of_row = weights_of_row
        self._upto_in_row = lru_cache(maxsize=ROWS_KEPT)(self._add_up_row)

    @property
    def total(self) -> float:
        """Sum of all weights."""
        return float(self._upto[-1])

    def starts(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Turn random numbers in [0, 1), two or more for each crop, into first voxels; (crop, 3), in the volume's coordinates."""
        rows = _pick(self._upto, numbers[:, 0])
        places = [
            _pick(self._upto_in_row(row), number) for row, number in zip(rows.tolist(), numbers[:, 1], strict=True)
        ]
        z, y = np.divmod(rows, self._columns)
        found: NDArray[np.int64] = self._first + np.stack([z, y, np.array(places, np.int64).reshape(z.shape)], axis=-1)
        return found

    def _add_up_row(self, row: int) -> NDArray[np.float64]:
        return np.cumsum(self._weights_of_row(*divmod(row, self._columns)))


def _pick(upto: NDArray[np.float64], numbers: NDArray[np.float64] | float) -> NDArray[np.int64]:
    """Find the first place whose running sum is above a share of the total; places of weight 0 are never found."""
    # Rounding may carry the product up to the total itself, past the last place that has a weight.
    last = np.searchsorted(upto, upto[-1], side="left")
    found: NDArray[np.int64] = np.minimum(np.searchsorted(upto, np.asarray(numbers) * upto[-1], side="right"), last)
    return found
