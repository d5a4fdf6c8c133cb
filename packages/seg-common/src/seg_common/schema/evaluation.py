"""`evaluation.json`: what was measured, on which voxels, by which scheme."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.base import Document, Fraction, StrictModel
from seg_common.schema.evaluation_measures import (
    Axis,
    BlobShape,
    BootstrapRecord,
    FractionCorrection,
    Interval,
    NotableSlice,
    OptionalFraction,
    OverlapScores,
    PhaseDetection,
    PhysicalBlobs,
    ProbabilityScores,
    SegmentAgreement,
    SizeHistogram,
    SizePercentiles,
    SliceErrors,
    SpreadPoint,
    SurfaceScores,
)
from seg_common.schema.evaluation_without_reference import GreyRange, SliceToAnnotate, Uncertainty
from seg_common.schema.prediction import AggregationRecord, ModelReference, VolumeReference
from seg_common.schema.provenance import Provenance
from seg_common.schema.volume import Digest, PositiveFloat


class ClassScores(StrictModel):
    """Agreement and volume of one class; null where nothing can be measured."""

    name: str
    """Class."""
    color: str
    """Colour in pictures."""
    jaccard: OptionalFraction
    """Intersection / union; null when the class is in neither volume."""
    precision: OptionalFraction
    """Share of the predicted voxels that are right; null when none is predicted."""
    recall: OptionalFraction
    """Share of the reference's voxels that are found; null when there is none."""
    reference_voxels: int | None
    """Voxels of the class in the reference."""
    predicted_voxels: int
    """Voxels of the class in the prediction."""
    reference_fraction: OptionalFraction
    """Volume fraction in the reference."""
    estimated_fraction: OptionalFraction
    """Volume fraction by counting predicted labels."""
    estimated_fraction_by_probability: OptionalFraction
    """Volume fraction by summing probabilities; null for label volumes from elsewhere."""
    absolute_error: float | None
    """Estimated minus reference fraction, by labels."""
    relative_error: float | None
    """The same divided by the reference fraction; null when that is 0."""
    dice: OptionalFraction = None
    """2 intersection / (reference + prediction); null when the class is in neither volume."""
    accuracy: OptionalFraction = None
    """Share of voxels on whose membership in the class both volumes agree."""
    absolute_error_by_probability: float | None = None
    """Estimated minus reference fraction, by probability."""
    relative_error_by_probability: float | None = None
    """The same divided by the reference fraction."""
    jaccard_interval: Interval | None = None
    """95 % interval of the Jaccard."""
    reference_fraction_interval: Interval | None = None
    """95 % interval of the reference fraction, for the material that the region is a sample of."""
    estimated_fraction_interval: Interval | None = None
    """95 % interval of the fraction by labels, likewise; the errors of the prediction are not in it."""
    estimated_fraction_by_probability_interval: Interval | None = None
    """95 % interval of the fraction by probability, likewise."""
    absolute_error_interval: Interval | None = None
    """95 % interval of the absolute error by labels."""
    relative_error_interval: Interval | None = None
    """95 % interval of the relative error by labels."""


class VoiScores(StrictModel):
    """Variation of information on the class map, in bits."""

    split: Annotated[float, Field(ge=0)]
    """H(prediction | reference)."""
    merge: Annotated[float, Field(ge=0)]
    """H(reference | prediction)."""
    convention: Literal["class_map"] = "class_map"
    """What counts as one segment: all voxels of a class, the background included."""


class BlobBox(StrictModel):
    """One blob: where it is, and how long."""

    voxels: int
    """Size."""
    box: Box
    """Bounding box in the volume's coordinates."""
    longest_side: int
    """Longest side of the box in voxels."""
    longest_axis: Axis
    """Axis along which that side lies."""
    cubicness: Fraction
    """Shortest / longest side of the box: 1 for a cube."""
    centroid: tuple[float, float, float] | None = None
    """Mean coordinates (z, y, x) of its voxels."""
    touches_border: bool | None = None
    """Whether it reaches the border of the region, where it may be cut off."""
    volume: float | None = None
    """Size in the third power of the unit of the voxel size."""
    shape: BlobShape | None = None
    """Shape, for the few that a gallery shows."""


class BlobStatistics(StrictModel):
    """Connected components of one kind; sizes in voxels, null when there is none."""

    count: int
    """Number of blobs."""
    total: int
    """Voxels of all blobs."""
    min: int | None
    """Smallest blob."""
    max: int | None
    """Largest blob."""
    mean: float | None
    """Mean size."""
    median: float | None
    """Median size."""
    longest_side: int | None
    """Longest side of any blob's bounding box."""
    longest_axis: Axis | None
    """Axis along which that side lies."""
    mean_cubicness: float | None
    """Mean of shortest / longest side."""
    longest_axis_counts: dict[Axis, int]
    """Number of blobs by the axis of their longest side."""
    largest: list[BlobBox]
    """The largest blobs, largest first."""
    percentiles: SizePercentiles | None = None
    """Percentiles of the sizes."""
    histogram: SizeHistogram | None = None
    """Blobs by size."""
    touching_border: int | None = None
    """Blobs that reach the border of the region, where they may be cut off."""
    share_touching_border: OptionalFraction = None
    """Their share; null when there is no blob."""
    physical: PhysicalBlobs | None = None
    """The same in physical units; null when the voxel size is not known."""


class ErrorBlobs(StrictModel):
    """Blobs of wrong voxels of one class."""

    fp: BlobStatistics
    """Predicted but not in the reference."""
    fn: BlobStatistics
    """In the reference but not predicted."""
    both: BlobStatistics
    """Either of the two, joined where they touch."""


class BaselineClass(StrictModel):
    """A baseline's score on one class."""

    name: str
    """Class."""
    jaccard: OptionalFraction
    """Intersection / union."""
    estimated_fraction: OptionalFraction
    """Volume fraction of the baseline's labels."""


class BaselineScores(StrictModel):
    """What a method without a network reaches on the same voxels."""

    description: str
    """What it answers, thresholds included."""
    fitted_on: str
    """Where it was fitted."""
    mean_jaccard: OptionalFraction
    """Mean over the classes present."""
    classes: list[BaselineClass]
    """Scores by class."""


class LabelValues(StrictModel):
    """How the values of label files became classes, where they are not all class indices."""

    reference: dict[int, int] = Field(default_factory=dict)
    """Class index by value of the reference; other values stand for themselves."""
    prediction: dict[int, int] = Field(default_factory=dict)
    """Class index by value of the prediction."""
    ignored: list[int] = Field(default_factory=list)
    """Values of the reference whose voxels are left out."""


class EvaluationDocument(Document):
    """One evaluation: the scores, and all that is needed to know what they are scores of."""

    kind: Literal["evaluation"] = "evaluation"
    scheme: Literal["aggregated_volume", "label_volumes"]
    """``aggregated_volume``: tiles blended to one label per voxel; ``label_volumes``: any two label files."""
    model: ModelReference | None
    """The model; null for label volumes from elsewhere."""
    volume: VolumeReference | None
    """The scan; null for label volumes from elsewhere."""
    reference: str | None
    """Reference labels; null when the volume has none."""
    reference_digest: Digest | None
    """Digest of the reference labels."""
    prediction: str
    """Predicted labels."""
    prediction_digest: Digest
    """Digest of the predicted labels."""
    partition: str | None
    """Partition; null for the whole volume."""
    region: Box
    """Box that was measured, in the volume's coordinates."""
    aggregation: AggregationRecord | None
    """How tiles were blended."""
    connectivity: Literal[1, 2, 3]
    """Neighbours of a voxel in a blob: 6, 18 or 26."""
    voxels: int
    """Voxels measured."""
    ignored_voxels: int
    """Voxels of the region left out because of the ignored label."""
    classes: list[ClassScores]
    """Scores by class."""
    mean_jaccard: OptionalFraction
    """Mean over the classes present in reference or prediction; null without a reference."""
    accuracy: OptionalFraction
    """Share of right voxels."""
    confusion: list[list[int]] | None
    """Voxels by (reference class, predicted class)."""
    voi: VoiScores | None
    """Variation of information."""
    error_blobs: dict[str, ErrorBlobs] | None
    """Blobs of wrong voxels, by class."""
    error_blobs_pooled: BlobStatistics | None
    """Blobs of wrong voxels of any class, joined where they touch."""
    phase_blobs: dict[str, BlobStatistics]
    """Blobs of each class in the prediction."""
    baselines: dict[str, BaselineScores]
    """Scores of methods without a network."""
    left_out: list[str]
    """What could not be measured, and why."""
    mean: OverlapScores | None = None
    """Mean of each score over the classes that have it."""
    flat: OverlapScores | None = None
    """Scores of the counts summed over all classes."""
    absent_classes: list[str] = Field(default_factory=list)
    """Classes in neither volume: they count in no mean."""
    mean_jaccard_interval: Interval | None = None
    """95 % interval of the mean Jaccard."""
    bootstrap: BootstrapRecord | None = None
    """How the intervals came about; null when the region is too small for any."""
    representative_volume: list[SpreadPoint] = Field(default_factory=list)
    """Spread of the volume fractions against the size of blocks: of the reference, or of the prediction without one."""
    segment_agreement: list[SegmentAgreement] = Field(default_factory=list)
    """VOI and adapted Rand by every convention."""
    reference_blobs: dict[str, BlobStatistics] = Field(default_factory=dict)
    """Blobs of each class in the reference."""
    detection: dict[str, PhaseDetection] = Field(default_factory=dict)
    """Which blobs of each class the other volume has, by size."""
    slice_errors: dict[Axis, SliceErrors] = Field(default_factory=dict)
    """Error blobs within slices, by the axis across them."""
    surfaces: dict[str, SurfaceScores] = Field(default_factory=dict)
    """Surface distances and boundary Jaccard by class."""
    probabilities: ProbabilityScores | None = None
    """What the probabilities are worth; null without a reference or without probabilities."""
    mean_entropy: OptionalFraction = None
    """Mean normalised entropy of the probabilities over the region."""
    notable_slices: list[NotableSlice] = Field(default_factory=list)
    """Where to look first."""
    correction: FractionCorrection | None = None
    """Fractions corrected with the confusion of another evaluation."""
    voxel_size: tuple[PositiveFloat, PositiveFloat, PositiveFloat] | None = None
    """Edge lengths (z, y, x) of a voxel that physical units were computed with."""
    voxel_size_unit: str | None = None
    """Unit of `voxel_size`."""
    label_values: LabelValues | None = None
    """How values of the label files became classes; null where they are class indices and none is ignored."""
    uncertainty: Uncertainty | None = None
    """How sure the network is; null without probabilities."""
    grey_range: GreyRange | None = None
    """Grey levels beside those of training; null when the model folder holds no histogram."""
    annotate_next: list[SliceToAnnotate] = Field(default_factory=list)
    """Slices whose labels would help the next training most, best first; empty for volumes that are labelled everywhere."""
    warnings: list[str] = Field(default_factory=list)
    """What makes the numbers doubtful."""
    block_shape: Shape3
    """Blocks that were read at one time; the result does not depend on it."""
    seconds: float
    """Duration of the measurement."""
    provenance: Provenance
    """Code, environment and hardware."""
