"""Bins of grey levels that need no look at the volume beforehand: they widen as the range of the levels grows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

MOST_BINS = 1024


class GrowingBins:
    """Tables of counts over bins that all have one width, a power of two, and start at a multiple of it.

    The bins are the finest that cover the levels seen so far with at most 1024 of them. Two neighbours merge into one when
    the range outgrows that, which is exact, so the result depends on the levels alone and not on their order. Integers get
    a bin each while there are at most 1024 values, and no comb of wide and narrow bins when there are more; 8-bit levels
    always get the 256 bins of their type.

    Parameters
    ----------
    rows : int
        Number of tables.
    dtype : dtype
        Type of the grey levels.
    """

    counts: NDArray[np.int64]
    """Voxels by (row, bin)."""

    def __init__(self, rows: int, dtype: DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._fixed = self._dtype.kind in "iu" and self._dtype.itemsize == 1
        low, high = (int(np.iinfo(self._dtype).min), int(np.iinfo(self._dtype).max)) if self._fixed else (0, -1)
        self._range: tuple[float, float] | None = (low, high) if self._fixed else None
        self._exponent, self._first = 0, low
        self.counts = np.zeros((rows, high - low + 1), np.int64)

    def cover(self, grey: NDArray[Any]) -> None:
        """Make sure that there is a bin for each of these finite grey levels."""
        if self._fixed or not grey.size:
            return
        low, high = grey.min().item(), grey.max().item()
        if self._range is not None:
            low, high = min(low, self._range[0]), max(high, self._range[1])
        if (low, high) != self._range:
            self._widen(low, high)

    def index(self, grey: NDArray[Any]) -> NDArray[np.int64]:
        """Bin of each grey level; all must be covered."""
        index = self._multiple(grey)
        index -= self._first
        return index

    def edges(self) -> NDArray[np.float64]:
        """Growing edges, one more than bins; a bin holds its left edge and not its right one."""
        bins = self.counts.shape[1]
        if not bins:  # no level was finite: one empty bin, so that a histogram can be written
            return np.array([0.0, 1.0])
        return np.ldexp(np.arange(self._first, self._first + bins + 1, dtype=np.float64), self._exponent)

    def table(self) -> NDArray[np.int64]:
        """Voxels by (row, bin), with as many bins as `edges` has."""
        return self.counts if self.counts.shape[1] else np.zeros((len(self.counts), 1), np.int64)

    def _multiple(self, grey: NDArray[Any]) -> NDArray[np.int64]:
        """Bin width by which each level is divided, rounded down: exact for integers and for floats."""
        if self._dtype.kind in "iu":
            whole: NDArray[np.int64] = grey.astype(np.int64)
            whole >>= self._exponent
            return whole
        scaled: NDArray[np.float64] = np.ldexp(grey.astype(np.float64), -self._exponent)
        return np.floor(scaled, out=scaled).astype(np.int64)

    def _widen(self, low: float, high: float) -> None:
        exponent = self._exponent_for(low, high)
        old, shift = self.counts, 0 if self._range is None else min(exponent - self._exponent, 63)
        bins = (self._first + np.arange(old.shape[1])) >> shift
        self._range, self._exponent = (low, high), exponent
        first, last = (int(self._multiple(np.array([level], self._dtype))[0]) for level in (low, high))
        self._first, self.counts = first, np.zeros((len(old), last - first + 1), np.int64)
        np.add.at(self.counts.T, bins - first, old.T)

    def _exponent_for(self, low: float, high: float) -> int:
        """Smallest exponent whose bins cover the range; it never falls as the range grows."""
        least = 0
        if self._dtype.kind == "f":
            info = np.finfo(self._dtype)
            # No finer than the type resolves at its largest level, so that indices stay exact.
            least = int(info.minexp) - info.nmant
            if low or high:
                least = max(least, math.frexp(max(abs(low), abs(high)))[1] - info.nmant - 1)
        exponent = least
        while _floor(high, exponent) - _floor(low, exponent) >= MOST_BINS:
            exponent += 1
        return exponent


def _floor(level: float, exponent: int) -> int:
    return level >> exponent if isinstance(level, int) else math.floor(math.ldexp(level, -exponent))
