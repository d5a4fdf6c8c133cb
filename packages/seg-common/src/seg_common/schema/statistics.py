"""`statistics.yaml`: what a volume holds: grey levels and classes as a whole, by partition and slice by slice."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seg_common.geometry.box import Box
from seg_common.schema.base import Document, Fraction, StrictModel
from seg_common.schema.histogram import Counts
from seg_common.schema.prediction import VolumeReference
from seg_common.schema.provenance import Provenance
from seg_common.schema.volume import ClassInfo, Digest, VoxelType

Count = Annotated[int, Field(ge=0)]


class RegionStatistics(StrictModel):
    """Classes and grey levels of the whole volume or of a partition."""

    partition: str | None
    """Name of the partition; null for the whole volume."""
    box: Box
    """What was counted."""
    voxels: Count
    """Voxels of the box."""
    class_voxels: Counts
    """Voxels of each class."""
    unlabelled_voxels: Count
    """Voxels in no class: those of the ignored label, or all of them in a volume without labels."""
    class_fractions: list[Fraction] | None
    """Share of each class among the labelled voxels, which sum to 1; null where no voxel is labelled."""
    histogram: list[Counts]
    """Voxels by (class, bin)."""
    unlabelled_histogram: Counts
    """Voxels in no class by bin."""
    not_finite: Count
    """Voxels whose grey level is NaN or infinite; they are in no bin."""


class SliceStatistics(StrictModel):
    """Classes in the slices perpendicular to one axis."""

    class_voxels: list[Counts]
    """Voxels by (class, slice)."""
    unlabelled_voxels: Counts
    """Voxels in no class by slice."""
    intersection: list[Counts]
    """Voxels by (class, i) that are of the class in slice i and in slice i + 1."""
    union: list[Counts]
    """Voxels by (class, i) that are of the class in slice i or in slice i + 1, and labelled in both; their ratio is the Jaccard
    of adjacent slices, undefined where the union is empty."""


class VolumeStatistics(Document):
    """What a volume holds; every number but the shares is a count of voxels."""

    kind: Literal["volume_statistics"] = "volume_statistics"
    volume: VolumeReference
    """The scan."""
    labels: str | None
    """Label version that was counted; null for a volume without labels."""
    labels_digest: Digest | None
    """Digest of the labels."""
    ignored_label: int | None
    """Value of voxels that nobody annotated."""
    classes: list[ClassInfo]
    """Classes in the order of their indices; empty for a volume without labels."""
    dtype: VoxelType
    """Type of the grey levels."""
    edges: Annotated[list[float], Field(min_length=2)]
    """n + 1 growing edges of the n bins of all histograms."""
    closed: Literal["left"] = "left"
    """Each bin holds its left edge and not its right one."""
    regions: Annotated[list[RegionStatistics], Field(min_length=1)]
    """The whole volume, then its partitions."""
    slices: dict[Literal["z", "y", "x"], SliceStatistics]
    """Slices perpendicular to each axis of the whole volume; empty for a volume without labels."""
    warnings: list[str]
    """What a user should know before training: classes that are missing from a partition, grey levels that are not finite."""
    seconds: float
    """Duration."""
    peak_memory_bytes: int
    """Largest resident memory of the process."""
    provenance: Provenance
    """Code, environment and hardware."""

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        classes, bins = len(self.classes), len(self.edges) - 1
        for region in self.regions:
            rows = [*region.histogram, region.unlabelled_histogram]
            if len(region.class_voxels) != classes or len(rows) != classes + 1 or {len(row) for row in rows} != {bins}:
                msg = (
                    "a histogram must have a row per class and a column per bin; "
                    f"got {len(rows) - 1} rows of {sorted({len(row) for row in rows})} for {classes} classes and {bins} bins"
                )
                raise ValueError(msg)
            counted = sum(region.class_voxels) + region.unlabelled_voxels
            if counted != region.voxels:
                msg = f"labelled and unlabelled voxels must add up to the region's {region.voxels}; got {counted}"
                raise ValueError(msg)
        return self
