"""What a member cost, from the records of its training and of its prediction."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from seg_common.evaluation_paths import EvaluationPaths
from seg_common.model_paths import ModelPaths
from seg_common.schema.comparison import MemberCost
from seg_common.schema.prediction import PredictionRecord
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from seg_common.geometry.box import Box
    from seg_common.schema.crop_store import CropStoreDocument
    from seg_common.schema.provenance import Provenance
    from seg_eval.comparing.found_members import FoundMember


def training_record(member: FoundMember) -> TrainingRecord | None:
    """Record of the run behind a member; None when it is gone, or another run took its place."""
    if member.model_folder is None or member.facts.model is None:
        return None
    record = read_document(ModelPaths(root=member.model_folder).metadata, TrainingRecord)
    return record if record.model_id == member.facts.model.model_id else None


def member_cost(member: FoundMember, training: TrainingRecord | None) -> MemberCost:
    """Gather what is recorded.

    Parameters
    ----------
    member : FoundMember
        The evaluation.
    training : TrainingRecord or None
        The run behind it.

    Returns
    -------
    MemberCost
        None where no record says it.
    """
    model = member.facts.model
    file = EvaluationPaths(root=member.path).prediction
    prediction: PredictionRecord | CropStoreDocument | None = member.store
    voxels = None if member.store is None else member.store.crops * prod(member.store.crop_shape)
    if file.is_file():
        prediction = read_document(file, PredictionRecord)
        voxels = prediction.region.voxels
    return MemberCost(
        parameters=None if model is None else model.parameters,
        training_seconds=None if training is None else training.seconds,
        training_epochs=None if training is None else training.result.epochs_done,
        training_peak_memory_bytes=None if training is None else training.peak_memory_bytes,
        training_machine=None if training is None else _machine(training.provenance),
        prediction_seconds=None if prediction is None else prediction.seconds,
        predicted_voxels=voxels,
        prediction_peak_memory_bytes=None if prediction is None else prediction.peak_memory_bytes,
        prediction_machine=None if prediction is None else _machine(prediction.provenance),
    )


def trained_share(member: FoundMember, training: TrainingRecord | None, region: Box) -> float | None:
    """Share of a region that the model of a member was trained on; None when that is not known."""
    volume = member.facts.volume
    if training is None or volume is None or volume.image_digest is None:
        return None
    if volume.image_digest != training.data.image_digest:
        # The record knows the digest of one volume only; further ones are known by name alone.
        return 0.0 if len({source.volume for source in training.sampling.sources}) == 1 else None
    shared = region.intersection(training.data.train)
    return 0.0 if shared is None else shared.voxels / region.voxels


def _machine(made: Provenance) -> str:
    return f"{made.cpu}, {made.cpu_count} cores"
