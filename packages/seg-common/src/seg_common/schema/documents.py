"""All kinds of documents by the name in their key ``kind``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.schema.comparison import ComparisonDocument
from seg_common.schema.crop_store import CropStoreDocument
from seg_common.schema.crops import CropLogHeader, CropsDocument, CropsRecord
from seg_common.schema.evaluation import EvaluationDocument
from seg_common.schema.export import ExportRecord
from seg_common.schema.histogram import GreyHistogram
from seg_common.schema.prediction import PredictionRecord
from seg_common.schema.raw_sidecar import RawSidecar
from seg_common.schema.statistics import VolumeStatistics
from seg_common.schema.training import TrainingConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import VolumeDocument
from seg_common.schema.voxel_weights import VoxelWeights

if TYPE_CHECKING:
    from seg_common.schema.base import Document

DOCUMENTS: dict[str, type[Document]] = {
    model.model_fields["kind"].default: model
    for model in (
        VolumeDocument,
        VolumeStatistics,
        VoxelWeights,
        RawSidecar,
        CropsDocument,
        CropsRecord,
        CropLogHeader,
        TrainingConfig,
        TrainingRecord,
        ExportRecord,
        GreyHistogram,
        PredictionRecord,
        EvaluationDocument,
        ComparisonDocument,
        CropStoreDocument,
    )
}
"""Model of each kind of document."""
