"""What a training run does at its end."""

import numpy as np
import pytest

import seg_eval.after_training
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import LabelSource, VolumeDocument
from seg_common.yaml_documents import read_document, write_document
from seg_eval.after_training import evaluate_validation
from seg_eval.evaluate import evaluate_volume

pytestmark = pytest.mark.usefixtures("undrawn")


def test_volumes_of_one_name_are_evaluated_apart_with_their_own_labels(world, made, tmp_path, monkeypatch):
    """Two scans called alike in other folders; the run read another label version of the second."""
    second = made.volume(
        tmp_path / "other", world.image, world.labels, partitions={"train": world.train, "validation": world.validation}
    )
    document = read_document(second, VolumeDocument)
    np.save(second.parent / "corrected.npy", world.labels)
    versions = {**document.labels, "corrected": LabelSource(path="corrected.npy")}
    write_document(second, document.model_copy(update={"labels": versions}), overwrite=True)
    metadata = ModelPaths(root=world.model).metadata
    record = read_document(metadata, TrainingRecord)
    more = record.data.model_copy(update={"volume": str(second), "labels": "corrected"})
    write_document(metadata, record.model_copy(update={"more_data": [more]}), overwrite=True)
    seen = []

    def evaluate(*given, **choices):
        evaluation = evaluate_volume(*given, **choices, network=made.ThresholdNetwork())
        seen.append((evaluation.paths.root.name, evaluation.document.reference))
        return evaluation

    monkeypatch.setattr(seg_eval.after_training, "evaluate_volume", evaluate)
    for _ in range(2):  # a run that is extended evaluates again
        evaluate_validation(world.model, quiet=True, tell=lambda _: None)
    assert seen == 2 * [
        ("scan_validation_gaussian", str(world.volume.parent / "labels.npy")),
        ("scan-2_validation_gaussian", str(second.parent / "corrected.npy")),
    ]
