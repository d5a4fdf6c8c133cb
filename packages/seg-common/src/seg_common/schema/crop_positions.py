"""Where crops may start."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seg_common.schema.base import StrictModel

Side = Annotated[int, Field(ge=0)]
NonNegative3 = tuple[Side, Side, Side]
Stride = Annotated[int, Field(ge=1)]


class UniformPositions(StrictModel):
    """Every position of the region is equally likely, each crop independent of the others."""

    kind: Literal["uniform"] = "uniform"


class GridPositions(StrictModel):
    """A regular grid, visited in raster order again and again."""

    kind: Literal["grid"] = "grid"
    min_overlap: NonNegative3 = (0, 0, 0)
    """Voxels (z, y, x) that neighbouring crops share at the least; the fewest crops that cover the region are taken."""
    stride: tuple[Stride, Stride, Stride] | None = None
    """Voxels (z, y, x) from one crop to the next, instead of `min_overlap`; 1 is every position. The last crop of an axis ends
    at the region's face, whatever the stride."""

    @model_validator(mode="after")
    def _one_way_to_space(self) -> Self:
        if self.stride is not None and any(self.min_overlap):
            msg = f"a grid is spaced by min_overlap or by stride; got {self.min_overlap} and {self.stride}. Leave one away"
            raise ValueError(msg)
        return self


class CoveringPositions(StrictModel):
    """Random positions that offer every voxel of the region at least once in every cycle."""

    kind: Literal["covering"] = "covering"
    passes: Annotated[int, Field(ge=1)] = 1
    """Coverings in a cycle: every voxel is offered at least this often, at independent positions."""


class WeightedPositions(StrictModel):
    """A probability for each position, by the voxel in the middle of the crop; each crop independent of the others."""

    kind: Literal["weighted"] = "weighted"
    class_shares: dict[str, Annotated[float, Field(ge=0)]] | None = None
    """Share of the crops whose middle voxel is of each class, for example ``{pore: 0.3, fibre: 0.3, matrix: 0.4}``; scaled to a
    sum of 1. Classes left away are never in the middle."""
    volume: str | None = None
    """Instead: an array of the volume's shape, ``path`` or ``path::dataset`` relative to the volume's folder; the probability
    is proportional to its value, which must not be negative."""

    @model_validator(mode="after")
    def _one_source_of_weights(self) -> Self:
        if (self.class_shares is None) == (self.volume is None):
            msg = f"weighted positions need class_shares or a volume; got {self.class_shares} and {self.volume}. Give one of them"
            raise ValueError(msg)
        if self.class_shares is not None and not any(self.class_shares.values()):
            msg = f"a class must have a share above 0; got {self.class_shares}"
            raise ValueError(msg)
        return self


Positions = Annotated[
    UniformPositions | GridPositions | CoveringPositions | WeightedPositions, Field(discriminator="kind")
]
