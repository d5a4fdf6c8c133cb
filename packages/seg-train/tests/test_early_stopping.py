"""Training ends when the validation score has not grown for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.training import EarlyStopping, TrainingConfig
from seg_common.schema.training_record import Extension
from seg_train.early_stopping import stop_reason
from seg_train.history import read_rows
from seg_train.position import Position
from seg_train.resume import resume_training
from seg_train.run import run_training

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("patience", "best_epoch", "epochs_done", "extended_at", "stops"),
    [
        (2, 3, 4, (), False),
        (2, 3, 5, (), True),
        (1, 3, 3, (), False),
        (2, None, 0, (), False),
        (2, 3, 6, (5,), False),
        (2, 3, 7, (5,), True),
        (None, 1, 99, (), False),
    ],
)
def test_patience(
    patience: int | None, best_epoch: int | None, epochs_done: int, extended_at: tuple[int, ...], stops: bool
) -> None:
    """Epochs are counted from the best one, or from the last time that the run was given more."""
    config = None if patience is None else EarlyStopping(patience=patience)
    position = Position(epochs_done=epochs_done, best_epoch=best_epoch)
    extensions = [Extension(epochs_done=done, epochs_before=9) for done in extended_at]
    assert bool(stop_reason(config, position, extensions)) == stops


def test_a_run_that_learns_nothing_ends_early(config: TrainingConfig, tmp_path: Path) -> None:
    """With weights that stay where they are the second epoch is no better; asked again for those it was given, it trains one more."""
    still = {"learning_rate": {"kind": "constant", "value": 1e-30}, "epochs": 9, "early_stopping": {"patience": 1}}
    data = config.model_dump() | still | {"steps_per_epoch": 1, "examples_every": 0}
    data["model"]["normalisation"] = "none"
    told: list[str] = []
    model = ModelPaths(root=tmp_path / "model")
    record = run_training(TrainingConfig.model_validate(data), model.root, quiet=True, tell=told.append)
    assert record.status == "finished"
    assert record.reason == "no better mean Jaccard for 1 epochs; the best was in epoch 1"
    assert record.result.epochs_done == 2
    assert "early stopping" in record.callbacks
    assert told[-1].startswith("finished after epoch 2: no better")
    assert resume_training(model.root, quiet=True) == record
    extended = resume_training(model.root, epochs=9, quiet=True)
    assert extended.result.epochs_done == 3, "nine were given and two were done, so that seven were left"
    assert extended.extensions == [Extension(epochs_done=2, epochs_before=9)]
    assert resume_training(model.root, epochs=3, quiet=True) == extended
    assert [row["epoch"] for row in read_rows(model.history)] == [1, 2, 3]
