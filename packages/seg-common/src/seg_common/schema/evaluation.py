"""`evaluation.json`: what was measured, on which voxels, by which scheme."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.base import Document, Fraction, StrictModel
from seg_common.schema.prediction import AggregationRecord, ModelReference, VolumeReference
from seg_common.schema.provenance import Provenance
from seg_common.schema.volume import Digest

OptionalFraction = Annotated[float, Field(ge=0, le=1)] | None
Axis = Literal["z", "y", "x"]


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
    block_shape: Shape3
    """Blocks that were read at one time; the result does not depend on it."""
    seconds: float
    """Duration of the measurement."""
    provenance: Provenance
    """Code, environment and hardware."""
