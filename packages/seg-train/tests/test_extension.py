"""More epochs for a run that has finished."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.training import TrainingConfig
from seg_common.schema.training_record import Extension, TrainingRecord
from seg_common.yaml_documents import read_document
from seg_train.errors import TrainingError
from seg_train.resume import resume_training
from seg_train.run import run_training


def test_an_extended_run_equals_a_long_one(config: TrainingConfig, trained: Path, tmp_path: Path) -> None:
    """With a constant learning rate, two epochs and one more are three epochs, bit for bit; the record says what happened."""
    extended = ModelPaths(root=Path(shutil.copytree(trained, tmp_path / "extended")))
    record = resume_training(extended.root, epochs=3, quiet=True)
    run_training(config.model_copy(update={"epochs": 3}), tmp_path / "long", quiet=True)
    long = ModelPaths(root=tmp_path / "long")
    assert extended.history.read_bytes() == long.history.read_bytes()
    with np.load(extended.last_checkpoint) as one, np.load(long.last_checkpoint) as two:
        assert all(one[name].tobytes() == two[name].tobytes() for name in two.files)
    assert record.status == "finished"
    assert record.result.epochs_done == record.config.epochs == 3
    assert record.extensions == [Extension(epochs_done=2, epochs_before=2)]
    assert read_document(extended.metadata, TrainingRecord) == record
    assert read_document(extended.config, TrainingConfig).epochs == 3


def test_fewer_epochs_than_done_are_refused(trained: Path) -> None:
    """What was trained cannot be taken back; nothing is written."""
    before = ModelPaths(root=trained).metadata.read_bytes()
    with pytest.raises(TrainingError, match=r"got 1, 2 are done. Give --epochs 3 or more"):
        resume_training(trained, epochs=1, quiet=True)
    assert ModelPaths(root=trained).metadata.read_bytes() == before
