"""How crops are drawn, and the record of what was drawn."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.augmentation import Augmentation
from seg_common.schema.base import Document, Fraction, Seed, StrictModel
from seg_common.schema.crop_positions import CoveringPositions, GridPositions, Positions
from seg_common.schema.crop_rejection import Rejection
from seg_common.schema.volume import Digest

Axis = Literal["z", "y", "x"]


class CropsConfig(StrictModel):
    """How training crops are drawn from a volume."""

    partition: str = "train"
    """Partition of the volume that crops are drawn from."""
    shape: Shape3 = (1, 128, 128)
    """Crop shape (z, y, x) in voxels; (1, rows, columns) for 2D and 2.5D networks."""
    slices: Annotated[int, Field(ge=1)] = 1
    """Slices given to the network as channels (2.5D); odd, the labels are those of the middle one."""
    normals: list[Axis] = Field(default=["z"], min_length=1)
    """Axes that 2D and 2.5D crops are perpendicular to, drawn in turn; rows and columns are the other two axes in the order
    (z, y, x). 3D crops have none but z."""
    positions: Positions = CoveringPositions()
    """Where crops may start."""
    rejection: Rejection | None = None
    """Which crops are thrown away, by their content; none when null."""
    on_reject: Literal["drop", "keep_uncovered"] = "drop"
    """``drop`` throws a rejected crop away; ``keep_uncovered`` keeps it when it holds a voxel that no crop of the cycle has held
    yet, so that kept crops cover the region too."""
    draw: Literal["reject", "direct"] = "reject"
    """``reject`` draws until a crop is kept; ``direct`` draws from the distribution of kept crops at once, from uniform
    or weighted positions and functions of class shares or masks."""
    symmetries: bool | Literal["keep_voxel_size"] = True
    """Whether each crop is turned and mirrored at random, by the symmetries that keep its shape; ``keep_voxel_size`` exchanges
    only axes along which voxels have the same size."""
    augmentation: Augmentation | None = None
    """Random changes of grey levels and shape; none when null."""
    voxel_weights: str | None = None
    """Weight version of the volume that goes along with each crop; none when null."""
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
        if self.shape[0] > 1 and self.normals != ["z"]:
            msg = f"3D crops have no plane: normals must be [z]; got {self.normals} for shape {self.shape}"
            raise ValueError(msg)
        if len(set(self.normals)) < len(self.normals):
            msg = f"normals must be different axes; got {self.normals}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _ways_to_draw_fit_the_positions(self) -> Self:
        cyclic = isinstance(self.positions, CoveringPositions | GridPositions)
        if self.on_reject == "keep_uncovered" and not cyclic:
            msg = f"keep_uncovered needs positions with cycles, covering or grid; got {self.positions.kind}"
            raise ValueError(msg)
        if self.draw == "direct" and cyclic:
            msg = f"direct draws need positions without cycles, uniform or weighted; got {self.positions.kind}"
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


class ExpectedCrops(StrictModel):
    """What the sampler will keep on average, computed before any crop is drawn."""

    acceptance_rate: Fraction
    """Share of the offered crops that are kept."""
    interval: tuple[Fraction, Fraction]
    """95 % interval of `acceptance_rate`; both ends are equal when it is exact."""
    exact: bool
    """Whether every position was looked at; else a random sample."""
    positions: int
    """Positions looked at."""
    class_fractions: list[Fraction]
    """Share of each class in kept crops; empty for a volume without labels."""


class CropSourceRecord(StrictModel):
    """One volume and plane that crops are drawn from."""

    volume: str
    """Name of the volume."""
    labels: str | None
    """Label version; None for a volume without labels."""
    normal: Axis
    """Axis that 2D crops are perpendicular to; z for 3D crops."""
    share: Fraction
    """Share of the crops that come from here."""
    region: Box
    """Box that crops are drawn from."""
    crops_per_cycle: int | None
    """Crops offered in a cycle, after which every voxel was offered; None when the positions promise no cover."""
    offered: int
    """Crops looked at."""
    kept: int
    """Crops kept."""
    expected: ExpectedCrops | None = None
    """What was to be expected; None when it was not computed."""


class CropsRecord(Document):
    """What a run of the crop sampler offered and kept, measured."""

    kind: Literal["crops_record"] = "crops_record"
    config: CropsConfig
    """How crops were drawn."""
    seed: Seed
    """Seed of the crop stream."""
    sources: list[CropSourceRecord]
    """Volumes and planes that crops were drawn from."""
    left_out: list[str] = Field(default=[])
    """Volumes that were given but can give no crop, each with the reason."""
    rejection_source: str | None = None
    """SHA-256 of the source file of a user's rejection function; None when there is none."""
    offered: int
    """Crops looked at."""
    kept: int
    """Crops kept."""
    acceptance_rate: Fraction
    """Kept / offered."""
    class_names: list[str]
    """Names of the classes, in the order of the shares below; empty for a volume without labels."""
    class_fractions_region: list[Fraction]
    """Share of each class in the regions; ignored voxels belong to none."""
    class_fractions_kept: list[Fraction]
    """Share of each class in the kept crops."""
    visits_offered: VisitCounts
    """Visits per voxel of the regions by all offered crops."""
    visits_kept: VisitCounts
    """Visits per voxel of the regions by the kept crops."""

    @property
    def crops_per_cycle(self) -> int | None:
        """Crops offered until every source has offered a whole cycle; None when a source promises no cover."""
        cycles = [
            None if source.crops_per_cycle is None else ceil(source.crops_per_cycle / source.share)
            for source in self.sources
        ]
        return None if None in cycles else max(cycle for cycle in cycles if cycle is not None)


class CropLogSource(StrictModel):
    """A volume and plane that logged crops were drawn from: what must be the same for the same voxels."""

    name: str
    """Name of the volume."""
    image: Digest | None
    """Digest of its grey levels, as its document says."""
    labels: Digest | None
    """Digest of its labels."""
    region: Box
    """Box that crops were drawn from."""
    normal: Axis
    """Axis that 2D crops are perpendicular to."""


class CropLogHeader(Document):
    """First line of a log of crops; each further line is one crop."""

    kind: Literal["crop_log"] = "crop_log"
    seed: Seed
    """Seed of the crop stream."""
    config: CropsConfig
    """How crops were drawn."""
    volumes: list[str]
    """Paths of the volumes at the time of drawing."""
    sources: list[CropLogSource]
    """Volumes and planes, by the index that crops name."""
