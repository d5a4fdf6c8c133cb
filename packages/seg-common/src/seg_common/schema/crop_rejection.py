"""Declared functions from the content of a crop to the probability that it is thrown away."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from seg_common.schema.base import Fraction, StrictModel


def _arguments_grow(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if any(a[0] >= b[0] for a, b in pairwise(points)):
        msg = f"the first numbers of a curve must grow from point to point; got {[p[0] for p in points]}"
        raise ValueError(msg)
    return points


SharePoints = Annotated[list[tuple[Fraction, Fraction]], Field(min_length=1), AfterValidator(_arguments_grow)]
"""Pairs (share, reject probability), piecewise linear, constant outside the first and the last."""
GreyPoints = Annotated[list[tuple[float, Fraction]], Field(min_length=1), AfterValidator(_arguments_grow)]
"""Pairs (value of the statistic, reject probability), piecewise linear, constant outside the first and the last."""


class MinClassFraction(StrictModel):
    """Reject a crop with one probability when it holds too little of a class."""

    kind: Literal["min_class_fraction"] = "min_class_fraction"
    class_name: str
    """The class that crops should hold."""
    fraction: Fraction
    """Smallest share of the crop's voxels that is always kept."""
    reject_probability: Fraction
    """Chance that a crop with a smaller share is rejected."""


class MaxClassFraction(StrictModel):
    """Reject a crop with one probability when it holds too much of a class."""

    kind: Literal["max_class_fraction"] = "max_class_fraction"
    class_name: str
    """The class that crops should not be full of."""
    fraction: Fraction
    """Largest share of the crop's voxels that is always kept."""
    reject_probability: Fraction
    """Chance that a crop with a larger share is rejected."""


class Curve(StrictModel):
    """Reject a crop with a probability that is piecewise linear in its share of a class."""

    kind: Literal["curve"] = "curve"
    class_name: str
    """The class whose share decides."""
    points: SharePoints
    """Pairs (share of the class, reject probability) with growing shares; constant outside the first and the last."""


class Grey(StrictModel):
    """Reject a crop with a probability that is piecewise linear in a statistic of its grey levels."""

    kind: Literal["grey"] = "grey"
    statistic: Literal["mean", "std", "entropy"]
    """Mean or standard deviation in stored grey levels, or the entropy in bits of their histogram (256 bins of equal width
    over the range of integer types, over that of the crop's region for real numbers)."""
    points: GreyPoints
    """Pairs (value of the statistic, reject probability) with growing values; constant outside the first and the last."""


class Mask(StrictModel):
    """Reject a crop with a probability that is piecewise linear in its share of voxels inside a mask."""

    kind: Literal["mask"] = "mask"
    mask: str
    """An array of the volume's shape, ``path`` or ``path::dataset`` relative to the volume's folder; inside is what is not 0."""
    points: SharePoints = Field(default=[(0.0, 1.0), (1.0, 0.0)])
    """Pairs (share inside the mask, reject probability) with growing shares; constant outside the first and the last."""


class PythonFunction(StrictModel):
    """Reject a crop with the probability that a function of the user returns; the module is imported, so trust it first."""

    kind: Literal["python"] = "python"
    function: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    """``package.module:function``, importable where the crops are drawn."""
    reads: Literal["class_fractions", "voxels"] = "class_fractions"
    """What the function gets: ``class_fractions``, an array (crop, class) → an array (crop,); or ``voxels``, one crop's
    (image, labels) → a number."""


class AllOf(StrictModel):
    """Reject what all of several functions reject: the smallest of their probabilities."""

    kind: Literal["all"] = "all"
    of: Annotated[list[Rejection], Field(min_length=1)]
    """The functions."""


class AnyOf(StrictModel):
    """Reject what any of several functions rejects: the largest of their probabilities."""

    kind: Literal["any"] = "any"
    of: Annotated[list[Rejection], Field(min_length=1)]
    """The functions."""


class ProductOf(StrictModel):
    """Reject with the product of the probabilities of several functions, as if each had to reject independently."""

    kind: Literal["product"] = "product"
    of: Annotated[list[Rejection], Field(min_length=1)]
    """The functions."""


Rejection = Annotated[
    MinClassFraction | MaxClassFraction | Curve | Grey | Mask | PythonFunction | AllOf | AnyOf | ProductOf,
    Field(discriminator="kind"),
]

for combination in (AllOf, AnyOf, ProductOf):
    combination.model_rebuild()
