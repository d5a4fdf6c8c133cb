"""`weights_NAME.yaml`: how much each voxel of a volume counts in the loss, and by which recipe that was computed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seg_common.geometry.box import Shape3
from seg_common.schema.base import Document, Fraction, StrictModel
from seg_common.schema.crop_positions import NonNegative3
from seg_common.schema.prediction import VolumeReference
from seg_common.schema.provenance import Provenance
from seg_common.schema.volume import ArraySource, Digest, PositiveFloat

WeightType = Literal["float32", "float16"]
BorderOf = Literal["interface", "ignored", "faces"]


class ClassFrequency(StrictModel):
    """Rare classes weigh more: w = k · (1 / f)^alpha, where f is the share of the voxel's class among the labelled voxels."""

    alpha: Annotated[float, Field(ge=0, le=4)] = 1.0
    """0 weighs all classes alike, 1 gives every class the same sum of weights. k makes the mean over the labelled voxels 1."""
    partition: str | None = "train"
    """Partition in which shares are counted; null for the whole volume."""


class InterfaceDistance(StrictModel):
    """Voxels near another class weigh more, w = 1 + (boost - 1) · exp(-d² / 2 sigma²), or less: one divided by that."""

    mode: Literal["boost", "reduce"] = "boost"
    """More or less weight near the interface."""
    boost: Annotated[float, Field(ge=1)] = 10.0
    """Largest factor, as the distance goes to 0."""
    sigma: PositiveFloat
    """Distance over which the factor falls, in the volume's unit; in voxels where the voxel size is unknown."""
    max_distance: PositiveFloat | None = None
    """Distances are clipped here; 4 sigma when null, where exp(-d² / 2 sigma²) is 0.0003."""

    @property
    def clipped_at(self) -> float:
        """The distance at which distances are clipped."""
        return 4 * self.sigma if self.max_distance is None else self.max_distance


class IgnoredBorder(StrictModel):
    """Voxels whose annotation is uncertain weigh nothing."""

    voxels: PositiveFloat
    """Voxels at most this far away weigh 0; in shortest edges of a voxel, so that one that touches is 1 away, or more along a
    coarser axis."""
    of: Annotated[list[BorderOf], Field(min_length=1)] = Field(default=["interface"])
    """From what: the nearest voxel of another class, the nearest ignored voxel, the outside of the volume."""


class WeightRecipe(StrictModel):
    """Factors of a voxel's weight, multiplied; ignored voxels weigh 0."""

    class_frequency: ClassFrequency | None = None
    """By the share of the voxel's class."""
    interface: InterfaceDistance | None = None
    """By the distance to the nearest voxel of another class."""
    border: IgnoredBorder | None = None
    """Nothing near the interface, near ignored voxels or near the volume's faces."""

    @model_validator(mode="after")
    def _something_is_asked(self) -> Self:
        if self.class_frequency is None and self.interface is None and self.border is None:
            msg = "a recipe must name a factor, or every labelled voxel weighs 1; got none. Name class_frequency, interface or border"
            raise ValueError(msg)
        return self


class ClassWeights(StrictModel):
    """What the voxels of one class weigh."""

    name: str
    """Class."""
    fraction: Fraction | None
    """Its share of the labelled voxels that were counted; null when class frequency is no factor."""
    factor: Annotated[float, Field(ge=0)]
    """Its factor by class frequency; 1 when that is no factor."""
    voxels: Annotated[int, Field(ge=0)]
    """Its voxels in the volume."""
    mean: Annotated[float, Field(ge=0)] | None
    """Their mean weight; null when there are none."""
    zeros: Annotated[int, Field(ge=0)]
    """Those that weigh 0."""


class VoxelWeights(Document):
    """How a volume of weights was computed."""

    kind: Literal["voxel_weights"] = "voxel_weights"
    name: str
    """Name of the weights in the volume."""
    volume: VolumeReference
    """The scan."""
    labels: str
    """Label version that the weights were computed from."""
    labels_digest: Digest | None
    """Digest of those labels."""
    ignored_label: int | None
    """Value of voxels that nobody annotated."""
    recipe: WeightRecipe
    """The factors."""
    distance_unit: str
    """Unit of sigma and of the clipped distance; ``voxels`` where the voxel size is unknown."""
    halo: NonNegative3
    """Voxels (z, y, x) around a block that were read for distances."""
    classes: list[ClassWeights]
    """Classes in the order of their indices."""
    dtype: WeightType
    """Type of the weights."""
    weights: ArraySource
    """Where they are."""
    block_shape: Shape3
    """Blocks that were computed at one time; the weights do not depend on it."""
    warnings: list[str]
    """What a user should know: classes without a weight."""
    seconds: float
    """Duration."""
    peak_memory_bytes: int
    """Largest resident memory of the process."""
    provenance: Provenance
    """Code, environment and hardware."""
