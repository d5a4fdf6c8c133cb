"""Reject probabilities as functions of a crop's quantities, and their bounds where quantities are known by bounds only.

Every function maps the intervals [low, high] in which the quantities lie to an interval of probabilities. Where the quantities
are known the interval is one number; where it is not, the decision for a random number outside the interval is certain all the
same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from seg_common.errors import CropError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class RejectionFunction(Protocol):
    """A function of the quantities of a crop."""

    def bounds(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Bound the probability of rejecting each crop.

        Parameters
        ----------
        low, high : ndarray of float64, shape (crop, quantity)
            Interval of each quantity; equal where it is known.

        Returns
        -------
        smallest, largest : ndarray of float64, shape (crop,)
            Probabilities in [0, 1]; equal where all quantities are known.
        """
        ...


@dataclass(frozen=True)
class Step:
    """One probability on one side of a limit, 0 on the other."""

    column: int
    """Place of the quantity."""
    limit: float
    """The limit itself is kept."""
    probability: float
    """Chance that a crop beyond the limit is rejected."""
    beyond: Literal["below", "above"]
    """On which side crops are rejected."""

    def bounds(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """See `RejectionFunction`."""
        low, high = low[:, self.column], high[:, self.column]
        may, must = (
            (low < self.limit, high < self.limit) if self.beyond == "below" else (high > self.limit, low > self.limit)
        )
        return np.where(must, self.probability, 0.0), np.where(may, self.probability, 0.0)


@dataclass(frozen=True)
class PiecewiseLinear:
    """Straight lines between points, constant outside the first and the last."""

    column: int
    """Place of the quantity."""
    points: tuple[tuple[float, float], ...]
    """Pairs (quantity, probability), the quantities growing."""

    def bounds(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """See `RejectionFunction`."""
        low, high = low[:, self.column], high[:, self.column]
        arguments, values = zip(*self.points, strict=True)
        ends = np.interp(low, arguments, values), np.interp(high, arguments, values)
        smallest, largest = np.minimum(*ends), np.maximum(*ends)
        for argument, value in self.points:
            # Between the ends, straight lines are extreme at the points.
            between = (low < argument) & (argument < high)
            smallest = np.where(between, np.minimum(smallest, value), smallest)
            largest = np.where(between, np.maximum(largest, value), largest)
        return smallest, largest


@dataclass(frozen=True)
class Combination:
    """The smallest, the largest or the product of probabilities."""

    how: Literal["all", "any", "product"]
    of: tuple[RejectionFunction, ...]

    def bounds(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """See `RejectionFunction`; all three combinations grow with each of their parts."""
        combine = {"all": np.minimum, "any": np.maximum, "product": np.multiply}[self.how]
        smallest, largest = zip(*(function.bounds(low, high) for function in self.of), strict=True)
        return combine.reduce(smallest), combine.reduce(largest)


@dataclass(frozen=True)
class OfClassShares:
    """A user's function of the shares of all classes."""

    name: str
    columns: tuple[int, ...]
    """Places of the class shares, by class."""
    function: Callable[[Floats], Floats]
    """(crop, class) → (crop,)."""

    def bounds(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """See `RejectionFunction`; nothing is known of the function where the shares are not."""
        low, high = low[:, self.columns], high[:, self.columns]
        known = np.all(low == high, axis=1)
        probability = np.full(len(low), np.nan)
        if known.any():
            probability[known] = checked_probabilities(self.name, self.function(low[known]), int(known.sum()))
        return np.where(known, probability, 0.0), np.where(known, probability, 1.0)


def checked_probabilities(name: str, values: object, crops: int) -> Floats:
    """Take what a user's function returned as probabilities, or raise a CropError that quotes it."""
    try:
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != (crops,) or not np.all((found >= 0) & (found <= 1)):
        msg = (
            f"a rejection function must return one probability in [0, 1] for each of {crops} crops; {name} returned "
            f"{str(values)[:100]}. Correct the function."
        )
        raise CropError(msg)
    return found
