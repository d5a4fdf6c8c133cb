"""What has to be known of an evaluation, or of a store of crops, to put it beside others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.evaluation_paths import CropStorePaths
from seg_common.schema.volume import ClassInfo
from seg_common.volume.digests import file_digest

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.geometry.box import Box
    from seg_common.schema.comparison import Scheme
    from seg_common.schema.crop_store import CropStoreDocument
    from seg_common.schema.evaluation import EvaluationDocument, LabelValues
    from seg_common.schema.prediction import AggregationRecord, ModelReference, VolumeReference


@dataclass(frozen=True)
class MemberFacts:
    """What a member is; the fields are those of `EvaluationDocument`."""

    scheme: Scheme
    """How a voxel got its answer."""
    classes: list[ClassInfo]
    """Classes in the order of their indices."""
    model: ModelReference | None
    """The model."""
    volume: VolumeReference | None
    """The scan."""
    aggregation: AggregationRecord | None
    """How tiles were blended."""
    region: Box
    """Voxels that it answered for."""
    reference: str | None
    """Reference labels."""
    reference_digest: str | None
    """Their digest over the region."""
    prediction: str
    """Predicted labels, or the record of the store."""
    prediction_digest: str
    """Their digest, or that of the record."""
    label_values: LabelValues | None = None
    """How values of the label files became classes."""


def facts_of_evaluation(document: EvaluationDocument) -> MemberFacts:
    """Take what is needed from an evaluation."""
    return MemberFacts(
        scheme=document.scheme,
        classes=[ClassInfo(name=info.name, color=info.color) for info in document.classes],
        model=document.model,
        volume=document.volume,
        aggregation=document.aggregation,
        region=document.region,
        reference=document.reference,
        reference_digest=document.reference_digest,
        prediction=document.prediction,
        prediction_digest=document.prediction_digest,
        label_values=document.label_values,
    )


def facts_of_store(path: Path, record: CropStoreDocument) -> MemberFacts:
    """Take what is needed from a store of crops."""
    file = CropStorePaths(root=path).record
    return MemberFacts(
        scheme="crops",
        classes=record.classes,
        model=record.model,
        volume=record.volume,
        aggregation=None,
        region=record.region,
        reference=record.reference,
        reference_digest=record.reference_digest,
        prediction=file.name,
        prediction_digest=file_digest(file),
    )
