"""How crops are drawn, and the record of what was drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.base import Document, Fraction, Seed, StrictModel

NonNegative3 = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class UniformPositions(StrictModel):
    """Every position of the region is equally likely, each crop independent of the others."""

    kind: Literal["uniform"] = "uniform"


class GridPositions(StrictModel):
    """A regular grid that covers the region, visited in raster order again and again."""

    kind: Literal["grid"] = "grid"
    min_overlap: NonNegative3 = (0, 0, 0)
    """Voxels (z, y, x) that neighbouring crops share at the least."""


class CoveringPositions(StrictModel):
    """Random positions that offer every voxel of the region at least once in every cycle."""

    kind: Literal["covering"] = "covering"


Positions = Annotated[UniformPositions | GridPositions | CoveringPositions, Field(discriminator="kind")]


class MinClassFraction(StrictModel):
    """Reject a crop with one probability when it holds too little of a class."""

    kind: Literal["min_class_fraction"] = "min_class_fraction"
    class_name: str
    """The class that crops should hold."""
    fraction: Fraction
    """Smallest share of the crop's voxels that is always kept."""
    reject_probability: Fraction
    """Chance that a crop with a smaller share is rejected."""


class Curve(StrictModel):
    """Reject a crop with a probability that is piecewise linear in its share of a class."""

    kind: Literal["curve"] = "curve"
    class_name: str
    """The class whose share decides."""
    points: Annotated[list[tuple[Fraction, Fraction]], Field(min_length=1)]
    """Pairs (share of the class, reject probability) with growing shares; constant outside the first and the last."""

    @field_validator("points")
    @classmethod
    def _shares_grow(cls, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        if any(a[0] >= b[0] for a, b in pairwise(points)):
            msg = f"the shares of a curve must grow from point to point; got {[p[0] for p in points]}"
            raise ValueError(msg)
        return points


Rejection = Annotated[MinClassFraction | Curve, Field(discriminator="kind")]


class CropsConfig(StrictModel):
    """How training crops are drawn from a volume."""

    partition: str = "train"
    """Partition of the volume that crops are drawn from."""
    shape: Shape3 = (1, 128, 128)
    """Crop shape (z, y, x) in voxels; one slice for 2D and 2.5D networks."""
    slices: Annotated[int, Field(ge=1)] = 1
    """Slices along z given to the network as channels (2.5D); odd, the labels are those of the middle one."""
    positions: Positions = CoveringPositions()
    """Where crops may start."""
    rejection: Rejection | None = None
    """Which crops are thrown away, by their content; none when null."""
    symmetries: bool = True
    """Whether each crop is turned and mirrored at random, by the symmetries that keep its shape."""
    max_attempts: Annotated[int, Field(ge=1)] = 1000
    """Rejected crops in a row after which the sampler gives up with an error."""

    @model_validator(mode="after")
    def _slices_fit_the_shape(self) -> Self:
        if self.slices % 2 == 0:
            msg = f"slices must be odd, so that there is a middle one; got {self.slices}"
            raise ValueError(msg)
        if self.slices > 1 and self.shape[0] != 1:
            msg = f"2.5D crops have one target slice: shape z must be 1 when slices > 1; got shape {self.shape}"
            raise ValueError(msg)
        return self

    @property
    def channels(self) -> int:
        """Channels of the network's input."""
        return self.slices

    @property
    def dimensions(self) -> Literal["2D", "2.5D", "3D"]:
        """Kind of network that these crops are for."""
        if self.shape[0] > 1:
            return "3D"
        return "2.5D" if self.slices > 1 else "2D"


class CropsDocument(Document):
    """A file with a crop configuration alone, for previews and for other people's training loops."""

    kind: Literal["crops_config"] = "crops_config"
    seed: Seed = 0
    """Seed of the crop stream."""
    crops: CropsConfig
    """How crops are drawn."""


class VisitCounts(StrictModel):
    """How often the voxels of the region were inside a crop."""

    min: int
    """Fewest visits of a voxel."""
    median: float
    """Median visits."""
    max: int
    """Most visits of a voxel."""
    never: int
    """Voxels that no crop held."""
    never_fraction: Fraction
    """The same as a share of the region."""


class CropsRecord(Document):
    """What a run of the crop sampler offered and kept, measured."""

    kind: Literal["crops_record"] = "crops_record"
    config: CropsConfig
    """How crops were drawn."""
    seed: Seed
    """Seed of the crop stream."""
    volume: str
    """Name of the volume."""
    region: Box
    """Box that crops were drawn from."""
    crops_per_cycle: int | None
    """Crops offered in a cycle, after which every voxel was offered; None when the positions promise no cover."""
    offered: int
    """Crops looked at."""
    kept: int
    """Crops kept."""
    acceptance_rate: Fraction
    """Kept / offered."""
    class_names: list[str]
    """Names of the classes, in the order of the shares below; empty for a volume without labels."""
    class_fractions_region: list[Fraction]
    """Share of each class in the region."""
    class_fractions_kept: list[Fraction]
    """Share of each class in the kept crops."""
    visits_offered: VisitCounts
    """Visits per voxel by all offered crops."""
    visits_kept: VisitCounts
    """Visits per voxel by the kept crops."""
