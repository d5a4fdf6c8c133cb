"""From the content of a crop to the probability of throwing it away; one small class per declared function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seg_common.errors import CropError
from seg_common.schema.crop_rejection import Curve, MinClassFraction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.schema.crop_rejection import Rejection


class RejectionFunction(Protocol):
    """A function of the class shares of a crop."""

    @property
    def class_index(self) -> int:
        """The class whose share decides."""
        ...

    def reject_probability(self, class_fractions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the probability of rejecting each crop.

        Parameters
        ----------
        class_fractions : ndarray of float64, shape (crop, class)
            Share of the crop's voxels in each class, in [0, 1].

        Returns
        -------
        ndarray of float64, shape (crop,)
            Probabilities in [0, 1].
        """
        ...


@dataclass(frozen=True)
class MinClassFractionRejection:
    """Reject with one probability when the share of a class is below a minimum."""

    class_index: int
    fraction: float
    """Smallest share that is always kept."""
    probability: float
    """Chance that a crop with a smaller share is rejected."""

    def reject_probability(self, class_fractions: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `RejectionFunction`."""
        return np.where(class_fractions[:, self.class_index] < self.fraction, self.probability, 0.0)


@dataclass(frozen=True)
class CurveRejection:
    """Reject with a probability that is piecewise linear in the share of a class."""

    class_index: int
    shares: tuple[float, ...]
    """Growing shares of the class."""
    probabilities: tuple[float, ...]
    """Reject probability at each share; constant outside the first and the last."""

    def reject_probability(self, class_fractions: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `RejectionFunction`."""
        return np.interp(class_fractions[:, self.class_index], self.shares, self.probabilities)


def rejection_function(config: Rejection, class_names: Sequence[str]) -> RejectionFunction:
    """Build the function that a configuration declares.

    Parameters
    ----------
    config : MinClassFraction or Curve
        The declaration.
    class_names : sequence of str
        Classes of the volume, by index.

    Returns
    -------
    RejectionFunction

    Raises
    ------
    CropError
        If the volume has no class of the declared name.
    """
    if config.class_name not in class_names:
        known = ", ".join(class_names) or "none"
        msg = f"the class of a rejection function must be one of the volume's; got {config.class_name!r}, it has: {known}."
        raise CropError(msg)
    index = list(class_names).index(config.class_name)
    if isinstance(config, MinClassFraction):
        return MinClassFractionRejection(index, config.fraction, config.reject_probability)
    assert isinstance(config, Curve)
    shares, probabilities = zip(*config.points, strict=True)
    return CurveRejection(index, shares, probabilities)


def describe_rejection(config: Rejection) -> str:
    """Write a rejection function in one line, for error messages."""
    if isinstance(config, Curve):
        points = ", ".join(f"{share:g}: {probability:g}" for share, probability in config.points)
        return f"curve(class={config.class_name!r}, {{{points}}})"
    return (
        f"min_class_fraction(class={config.class_name!r}, fraction={config.fraction:g}, "
        f"reject_probability={config.reject_probability:g})"
    )
