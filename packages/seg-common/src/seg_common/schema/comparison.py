"""`comparison.json`: models beside each other, on the voxels that all of them saw."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.base import Document, Fraction, StrictModel
from seg_common.schema.evaluation import VoiScores
from seg_common.schema.evaluation_measures import BootstrapRecord, DetectionBin, Interval, OptionalFraction
from seg_common.schema.prediction import AggregationRecord, ModelReference, VolumeReference
from seg_common.schema.provenance import Provenance
from seg_common.schema.volume import ClassInfo, Digest

Scheme = Literal["aggregated_volume", "label_volumes", "crops"]
Property = Literal["scheme", "aggregation", "reference", "data"]
Measure = Literal["mean_jaccard", "accuracy", "jaccard", "precision", "recall", "fraction_error"]
Count = Annotated[int, Field(ge=0)]


class MemberCost(StrictModel):
    """What a member of a comparison cost; null where no record says it."""

    parameters: int | None = None
    """Trainable weights."""
    training_seconds: float | None = None
    """Duration of the training."""
    training_epochs: int | None = None
    """Complete epochs."""
    training_peak_memory_bytes: int | None = None
    """Largest resident memory of the training."""
    training_machine: str | None = None
    """Processor that it ran on: times of different machines say little beside each other."""
    prediction_seconds: float | None = None
    """Duration of the prediction."""
    predicted_voxels: int | None = None
    """Voxels that were predicted in that time."""
    prediction_peak_memory_bytes: int | None = None
    """Largest resident memory of the prediction."""
    prediction_machine: str | None = None
    """Processor that it ran on."""


class AnswersByVisits(StrictModel):
    """Answers at the voxels that were seen so many times; each of them counts 1 / visits."""

    visits: Annotated[int, Field(ge=1)]
    """Times that each of these voxels was classified; always 1 for a label volume."""
    confusion: list[list[Count]]
    """Answers by (reference class, predicted class)."""


class MemberClass(StrictModel):
    """One class of one member; null where nothing can be measured."""

    name: str
    """Class."""
    jaccard: OptionalFraction
    """Intersection / union."""
    dice: OptionalFraction
    """2 intersection / (reference + prediction)."""
    precision: OptionalFraction
    """Share of the predicted voxels that are right."""
    recall: OptionalFraction
    """Share of the reference's voxels that are found."""
    estimated_fraction: OptionalFraction
    """Volume fraction of the predicted labels."""
    absolute_error: float | None
    """Estimated minus reference fraction."""
    relative_error: float | None
    """The same divided by the reference fraction."""
    jaccard_interval: Interval | None
    """95 % interval of the Jaccard."""
    estimated_fraction_interval: Interval | None
    """95 % interval of the estimated fraction."""
    absolute_error_interval: Interval | None
    """95 % interval of the absolute error."""
    false_positive_blobs: Count | None
    """Blobs predicted as the class that are not; null without one label per voxel."""
    false_negative_blobs: Count | None
    """Blobs of the class that were missed; null without one label per voxel."""
    detection: list[DetectionBin]
    """Blobs of the reference by size: those covered are detected; empty without one label per voxel."""


class ComparedMember(StrictModel):
    """One member of a comparison: what it is, and what it scores on the shared voxels."""

    name: str
    """Name in tables and figures."""
    path: str
    """Evaluation folder or crop store at the time of the comparison."""
    scheme: Scheme
    """How a voxel got its answer: tiles blended to one label, any label volume, or crops without aggregation."""
    model: ModelReference | None
    """The model; null for label volumes from elsewhere."""
    volume: VolumeReference | None
    """The scan; null when none is known."""
    aggregation: AggregationRecord | None
    """How tiles were blended; null for the other schemes."""
    region: Box
    """Voxels that it answered for, in the volume's coordinates; the shared voxels lie inside."""
    reference: str
    """Reference labels."""
    reference_digest: Digest
    """Digest of the reference labels over the shared region."""
    prediction: str
    """Predicted labels, or crops."""
    prediction_digest: Digest
    """Their digest."""
    trained_share: OptionalFraction
    """Share of the shared region that the model was trained on; null when the training run is not known."""
    answers: list[AnswersByVisits]
    """Exact counts over the shared voxels, growing visits."""
    classes: list[MemberClass]
    """Scores by class."""
    mean_jaccard: OptionalFraction
    """Mean over the classes in reference or prediction."""
    mean_jaccard_interval: Interval | None
    """95 % interval of the mean Jaccard."""
    accuracy: OptionalFraction
    """Share of right voxels."""
    accuracy_interval: Interval | None
    """95 % interval of the accuracy."""
    voi: VoiScores | None
    """Variation of information on the class map; null without one label per voxel."""
    error_blobs: Count | None
    """Blobs of wrong voxels, whatever their classes; null without one label per voxel."""
    best_share: OptionalFraction
    """Share of the drawings of blocks in which no other member has a higher mean Jaccard."""
    cost: MemberCost
    """What it cost."""


class Difference(StrictModel):
    """One measure of two members, from the same drawings of blocks."""

    first: str
    """Name of one member."""
    second: str
    """Name of the other."""
    measure: Measure
    """What differs; ``fraction_error`` is the size of the absolute error of the volume fraction, where less is better."""
    class_name: str | None
    """The class; null for measures of all classes."""
    difference: float | None
    """Second minus first; null when one of them cannot be measured."""
    interval: Interval | None
    """95 % interval of the difference; null when the region is too small or a drawing leaves it undefined."""
    clear: bool
    """Whether the interval leaves 0 out."""


class ConstantAnswer(StrictModel):
    """What the most frequent class everywhere would score on the shared voxels."""

    class_name: str
    """That class of the first member's reference."""
    mean_jaccard: Fraction
    """Mean over the classes present."""
    accuracy: Fraction
    """Share of right voxels."""


class ComparisonDocument(Document):
    """Models beside each other, on the voxels that all of them saw."""

    kind: Literal["comparison"] = "comparison"
    region: Box
    """Intersection of the members' regions, in the volume's coordinates."""
    voxels: Count
    """Voxels of it that count: known in the reference, and answered by every member."""
    left_out_voxels: Count
    """Voxels of it that do not."""
    connectivity: Literal[1, 2, 3]
    """Neighbours of a voxel in a blob: 6, 18 or 26."""
    classes: list[ClassInfo]
    """Classes in the order of their indices."""
    reference_fractions: list[OptionalFraction]
    """Volume fraction of each class in the first member's reference."""
    constant_answer: ConstantAnswer | None
    """What the most frequent class everywhere would score; null when no voxel counts."""
    members: list[ComparedMember]
    """Members in the order in which they were given; the first is what figures compare the others with."""
    mixed: list[Property]
    """Properties in which members differ, which was allowed explicitly; tables show a column for each."""
    differences: list[Difference]
    """Every pair of members, by measure."""
    bootstrap: BootstrapRecord | None
    """How the intervals came about; null when the region is too small for any."""
    remarks: list[str]
    """What to know before these numbers are quoted."""
    block_shape: Shape3
    """Blocks that were read at one time; the result does not depend on it."""
    seconds: float
    """Duration."""
    provenance: Provenance
    """Code, environment and hardware."""
