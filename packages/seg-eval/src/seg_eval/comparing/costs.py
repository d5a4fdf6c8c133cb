"""What a member cost, from the records of its training and of its prediction."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.evaluation_paths import EvaluationPaths
from seg_common.model_paths import ModelPaths
from seg_common.schema.comparison import MemberCost
from seg_common.schema.prediction import PredictionRecord
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.geometry.box import Box
    from seg_common.schema.crop_store import CropStoreDocument
    from seg_common.schema.prediction import ModelReference
    from seg_common.schema.provenance import Provenance
    from seg_eval.comparing.found_members import FoundMember


def training_records(member: FoundMember) -> list[TrainingRecord | None]:
    """Read the records of the runs behind a member, one for each model that it averages.

    None stands for a run that is gone, or whose place another run took; nothing is listed without a model.
    """
    if member.facts.model is None:
        return []
    first = _training_record(member.model_folder, member.facts.model)
    prediction = _prediction_record(member)
    others = prediction.more_models if isinstance(prediction, PredictionRecord) else []
    return [first, *(_training_record(Path(other.path), other) for other in others)]


def member_cost(member: FoundMember, trainings: Sequence[TrainingRecord | None]) -> MemberCost:
    """Gather what is recorded.

    Parameters
    ----------
    member : FoundMember
        The evaluation.
    trainings : sequence of TrainingRecord or None
        The runs behind it: weights, seconds and epochs of several are added up.

    Returns
    -------
    MemberCost
        None where no record says it.
    """
    prediction = _prediction_record(member)
    models = [] if member.facts.model is None else [member.facts.model]
    voxels = None if member.store is None else member.store.crops * prod(member.store.crop_shape)
    if isinstance(prediction, PredictionRecord):
        models += prediction.more_models
        voxels = prediction.region.voxels
    runs = [one for one in trainings if one is not None]
    if len(runs) < len(trainings):
        runs = []  # a part of the cost is none
    return MemberCost(
        parameters=sum(model.parameters for model in models) if models else None,
        training_seconds=sum(run.seconds for run in runs) if runs else None,
        training_epochs=sum(run.result.epochs_done for run in runs) if runs else None,
        training_peak_memory_bytes=max((run.peak_memory_bytes for run in runs), default=None),
        training_machine="; ".join(dict.fromkeys(_machine(run.provenance) for run in runs)) or None,
        prediction_seconds=None if prediction is None else prediction.seconds,
        predicted_voxels=voxels,
        prediction_peak_memory_bytes=None if prediction is None else prediction.peak_memory_bytes,
        prediction_machine=None if prediction is None else _machine(prediction.provenance),
    )


def trained_share(member: FoundMember, trainings: Sequence[TrainingRecord | None], region: Box) -> float | None:
    """Largest share of a region that a model of a member was trained on; None when none is known, and some model is not."""
    volume = member.facts.volume
    if volume is None or volume.image_digest is None:
        return None
    shares = [_share(training, volume.image_digest, region) for training in trainings]
    known = max((share for share in shares if share is not None), default=None)
    return known if known or None not in shares else None


def _share(training: TrainingRecord | None, image_digest: str, region: Box) -> float | None:
    if training is None:
        return None
    trained = [one for one in (training.data, *training.more_data) if one.image_digest == image_digest]
    if not trained and len({source.volume for source in training.sampling.sources}) > 1 + len(training.more_data):
        return None  # an older record has the digest of one volume only; further ones are known by name alone
    shared = [region.intersection(one.train) for one in trained]
    return max((box.voxels / region.voxels for box in shared if box is not None), default=0.0)


def _training_record(folder: Path | None, model: ModelReference) -> TrainingRecord | None:
    if folder is None or not ModelPaths(root=folder).metadata.is_file():
        return None
    record = read_document(ModelPaths(root=folder).metadata, TrainingRecord)
    return record if record.model_id == model.model_id else None


def _prediction_record(member: FoundMember) -> PredictionRecord | CropStoreDocument | None:
    file = EvaluationPaths(root=member.path).prediction
    return read_document(file, PredictionRecord) if file.is_file() else member.store


def _machine(made: Provenance) -> str:
    return f"{made.cpu}, {made.cpu_count} cores"
