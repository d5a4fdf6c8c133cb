"""Parts of `evaluation.json`: overlap, intervals, segments, surfaces, probabilities, slices, corrected fractions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seg_common.schema.base import Fraction, StrictModel

OptionalFraction = Annotated[float, Field(ge=0, le=1)] | None
Axis = Literal["z", "y", "x"]
Count = Annotated[int, Field(ge=0)]


class OverlapScores(StrictModel):
    """How prediction and reference overlap; null where a score divides by nothing."""

    jaccard: OptionalFraction
    """Intersection / union."""
    dice: OptionalFraction
    """2 intersection / (reference + prediction)."""
    precision: OptionalFraction
    """Share of the predicted voxels that are right."""
    recall: OptionalFraction
    """Share of the reference's voxels that are found."""
    accuracy: OptionalFraction
    """Share of voxels on whose membership both agree."""


class Interval(StrictModel):
    """95 % interval."""

    low: float
    """2.5 % of the replicates lie below."""
    high: float
    """2.5 % of the replicates lie above."""


class BootstrapRecord(StrictModel):
    """How intervals came about: blocks of the region were drawn with replacement."""

    block_side: int
    """Side of the cubic blocks in voxels; those at the far ends may be cut off."""
    blocks: int
    """Blocks with voxels that count."""
    replicates: int
    """Drawings."""
    standard_error_still_rising: bool
    """Whether larger blocks would give wider intervals, if there were enough of them: read the intervals as too narrow."""


class SpreadPoint(StrictModel):
    """How much volume fractions vary between blocks of one size."""

    side: int
    """Side of the cubic blocks in voxels."""
    blocks: int
    """Whole blocks, at least half of them known."""
    spread: list[Annotated[float, Field(ge=0)]]
    """Standard deviation of each class's fraction between them."""
    standard_error: list[Annotated[float, Field(ge=0)]]
    """Standard error of each class's fraction in the whole region, if such blocks were independent."""


class SegmentAgreement(StrictModel):
    """How two partitions into segments agree, by one convention of what a segment is."""

    convention: Literal["class_map", "components", "components_of_class"]
    """All voxels of a class; each connected component; the components of one class, where the reference has that class."""
    class_name: str | None
    """The class; null when all of them count."""
    voxels: Count
    """Voxels that count."""
    reference_segments: Count
    """Segments of the reference among them."""
    predicted_segments: Count
    """Segments of the prediction among them."""
    voi_split: Annotated[float, Field(ge=0)] | None
    """H(prediction | reference) in bits; null when no voxel counts."""
    voi_merge: Annotated[float, Field(ge=0)] | None
    """H(reference | prediction) in bits."""
    adapted_rand_error: OptionalFraction
    """1 minus the harmonic mean of the next two; null when no segment has two voxels."""
    adapted_rand_precision: OptionalFraction
    """Share of the predicted segments' voxel pairs that lie in one reference segment."""
    adapted_rand_recall: OptionalFraction
    """Share of the reference segments' voxel pairs that lie in one predicted segment."""


class DetectionBin(StrictModel):
    """Blobs of one range of sizes."""

    from_voxels: int
    """Smallest size."""
    below_voxels: int
    """Exclusive end of the sizes."""
    blobs: Count
    """Blobs."""
    touched: Count
    """Those of which the other volume has at least one voxel in the same class."""
    covered: Count
    """Those of which it has at least half."""


class PhaseDetection(StrictModel):
    """Which blobs of a class the other volume has, by size; empty when there is none."""

    reference: list[DetectionBin]
    """Blobs of the reference: those covered are detected."""
    prediction: list[DetectionBin]
    """Blobs of the prediction: those not touched are invented."""


class SizePercentiles(StrictModel):
    """Sizes in voxels that so many per cent of the blobs do not exceed; each is the size of a blob."""

    p5: int
    """5 %."""
    p25: int
    """25 %."""
    p50: int
    """50 %."""
    p75: int
    """75 %."""
    p95: int
    """95 %."""


class SizeHistogram(StrictModel):
    """Blobs by size; a bin holds its left edge and not its right one."""

    edges: list[int]
    """1, 2, 4, … voxels: n + 1 edges of n bins."""
    counts: list[Count]
    """Blobs in each bin."""


class PhysicalBlobs(StrictModel):
    """Volumes and lengths of blobs in physical units; null when there is no blob."""

    unit: str
    """Unit of lengths; volumes have its third power."""
    total: float
    """Volume of all blobs."""
    min: float | None
    """Volume of the smallest blob."""
    max: float | None
    """Volume of the largest blob."""
    mean: float | None
    """Mean volume."""
    median: float | None
    """Median volume."""
    longest_side: float | None
    """Longest side of any bounding box."""
    longest_axis: Axis | None
    """Axis along which it lies; another one than in voxels when voxels are longer along it."""
    mean_cubicness: float | None
    """Mean of shortest / longest side."""


class BlobShape(StrictModel):
    """Shape of one blob; lengths in the unit of the voxel size, or in voxels when none is known."""

    unit: str
    """Unit of lengths."""
    equivalent_diameter: float
    """Diameter of the ball of the same volume."""
    axis_lengths: tuple[float, float, float]
    """Axes of the ellipsoid with the same second moments, longest first."""
    solidity: OptionalFraction
    """Volume / volume of the convex hull; null for blobs that are flat in voxels."""
    extent: Fraction
    """Volume / volume of the bounding box."""
    euler_number: int
    """Pieces plus cavities minus tunnels: 1 for a solid piece."""


class SliceBlobStatistics(StrictModel):
    """Blobs within single slices across one axis; null when there is none."""

    count: Count
    """Blobs of all slices."""
    total: Count
    """Their voxels."""
    min: int | None
    """Smallest blob."""
    max: int | None
    """Largest blob."""
    mean: float | None
    """Mean size."""
    percentiles: SizePercentiles | None
    """Percentiles of the sizes."""
    slices_with_blobs: Count
    """Slices with at least one."""


class SliceErrorBlobs(StrictModel):
    """Blobs of wrong voxels of one class within slices."""

    fp: SliceBlobStatistics
    """Predicted but not in the reference."""
    fn: SliceBlobStatistics
    """In the reference but not predicted."""
    both: SliceBlobStatistics
    """Either of the two, joined where they touch."""


class SliceErrors(StrictModel):
    """Error blobs within the slices across one axis."""

    neighbours: Literal[4, 8]
    """Neighbours of a voxel within its slice."""
    classes: dict[str, SliceErrorBlobs]
    """By class."""
    pooled: SliceBlobStatistics
    """Wrong in any class."""


class SurfaceScores(StrictModel):
    """How the surfaces of one class agree; null when reference or prediction has none."""

    reference_voxels: Count
    """Surface voxels of the reference."""
    predicted_voxels: Count
    """Surface voxels of the prediction."""
    unit: str
    """Unit of lengths."""
    reach: float
    """Largest distance that was measured."""
    band: float
    """Distance from its surface up to which a voxel of the class counts in the boundary Jaccard."""
    mean_distance: float | None
    """Mean distance to the other surface, over both; a lower bound when any voxel lies beyond the reach."""
    distance_95: float | None
    """Distance that 95 % do not exceed, of the worse direction; null also when it lies beyond the reach."""
    share_beyond_reach: OptionalFraction
    """Share of surface voxels without the other surface in reach."""
    boundary_jaccard: OptionalFraction
    """Intersection / union of the voxels near the two surfaces."""


class ReliabilityBin(StrictModel):
    """Voxels of one range of probabilities."""

    low: Fraction
    """Lower end."""
    high: Fraction
    """Exclusive upper end; the last bin holds 1."""
    voxels: Count
    """Voxels."""
    mean_probability: float | None
    """What they promise."""
    frequency: OptionalFraction
    """How many of them are right."""


class ClassProbabilityScores(StrictModel):
    """What the probability of one class is worth."""

    name: str
    """Class."""
    expected_calibration_error: OptionalFraction
    """Mean gap between probability and frequency."""
    roc_area: OptionalFraction
    """Area under the ROC curve; null unless there are voxels of the class and others."""
    average_precision: OptionalFraction
    """Average precision; null when the class is not in the reference."""
    reliability: list[ReliabilityBin]
    """Frequency of the class by its probability."""


class ProbabilityScores(StrictModel):
    """What the probabilities are worth."""

    score_bins: int
    """Bins of the curves: probabilities in one bin count as equal."""
    expected_calibration_error: OptionalFraction
    """Mean gap between the highest probability and the share of right voxels."""
    reliability: list[ReliabilityBin]
    """Share of right voxels by highest probability."""
    classes: list[ClassProbabilityScores]
    """By class."""


class NotableSlice(StrictModel):
    """A slice to look at first."""

    reason: Literal["largest_error_blob", "largest_blob_in_slice", "worst_slice", "most_uncertain_slice"]
    """The centre of the largest error blob; the slice with the largest one within a slice; with the largest share of wrong
    voxels; with the highest mean entropy."""
    axis: Axis
    """Axis across the slice."""
    index: int
    """Its place along that axis, in the volume's coordinates."""
    value: float
    """Voxels of the blob, share of wrong voxels, or mean normalised entropy."""


class CorrectedFraction(StrictModel):
    """Volume fraction of one class after correction."""

    name: str
    """Class."""
    estimated_fraction: OptionalFraction
    """Before: by labels."""
    corrected_fraction: Fraction
    """After."""
    interval: Interval | None
    """95 % interval of the true fraction of this volume."""


class FractionCorrection(StrictModel):
    """Fractions of an unlabelled volume, corrected with the confusion measured on a labelled one."""

    evaluation: str
    """The evaluation of the labelled volume."""
    reference_digest: str | None
    """Digest of its reference labels."""
    assumption: str
    """What has to hold."""
    blocks: int
    """Blocks of the labelled volume that were drawn for the intervals."""
    block_side: int
    """Their side in voxels."""
    classes: list[CorrectedFraction]
    """By class."""
    grey_shift: OptionalFraction
    """Share of voxels whose grey level the corrected fractions do not explain; null when it was not measured."""
    probability_shift: OptionalFraction
    """The same for the highest probability."""
    warnings: list[str]
    """Why the assumption may not hold."""
