"""Random changes of a crop's grey levels and shape, on top of the symmetries."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from seg_common.schema.base import Fraction, StrictModel

NonNegative = Annotated[float, Field(ge=0)]


class Elastic(StrictModel):
    """Displacements of the crop's corners, interpolated trilinearly between them."""

    probability: Fraction = 0.5
    """Share of the crops that are deformed."""
    max_displacement: tuple[NonNegative, NonNegative, NonNegative] = (0.0, 4.0, 4.0)
    """Largest displacement of a corner along (z, y, x) in voxels; drawn uniformly on both sides of 0."""


class Augmentation(StrictModel):
    """Grey levels keep the stored dtype: results are rounded and clipped to its range for integers.

    The order is elastic deformation, blur, scale, shift, noise. Each ingredient has its own random numbers, so that adding one
    does not change the others.
    """

    grey_scale: NonNegative = 0.0
    """Contrast: grey levels' distance from the crop's mean is multiplied by a factor drawn from [1 - s, 1 + s]."""
    grey_shift: NonNegative = 0.0
    """Brightness: a number of grey levels drawn from [-s, s] is added."""
    noise: NonNegative = 0.0
    """Gaussian noise with a standard deviation drawn from [0, s] grey levels, independent in each voxel."""
    blur: NonNegative = 0.0
    """Gaussian blur with a standard deviation drawn from [0, s] voxels, in the plane of 2D crops."""
    elastic: Elastic | None = None
    """Deformation of image, labels and weights alike; none when null."""

    @model_validator(mode="after")
    def _scale_keeps_the_sign(self) -> Self:
        if self.grey_scale >= 1:
            msg = f"grey_scale must be below 1, or contrast may be inverted; got {self.grey_scale}"
            raise ValueError(msg)
        return self
