"""Everything that a step may remember goes on after an interruption as if there had been none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.optimization import PlateauSchedule
from seg_train.errors import TrainingError
from seg_train.history import read_rows
from seg_train.position import Position
from seg_train.run import resume_training, run_training
from seg_train.training_steps import TrainingSteps

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.training import TrainingConfig

STEPS = 3
EPOCHS = 3


@pytest.fixture(scope="module")
def everything(config: TrainingConfig) -> TrainingConfig:
    """Scaled losses, an average of the weights, two parts per step, a plateau, dropout and noise; a checkpoint each step."""
    model = config.model.model_copy(update={"dropout": 0.3, "gaussian_noise": 0.2})
    return config.model_copy(
        update={
            "model": model,
            "precision": "float16",
            "ema": 0.9,
            "accumulate": 2,
            "batch_size": 2,
            "learning_rate": PlateauSchedule(start=0.05, patience=1, monitor="loss"),
            "epochs": EPOCHS,
            "steps_per_epoch": STEPS,
            "checkpoint_every": 1,
            "examples_every": 0,
        }
    )


def position_of(paths: ModelPaths) -> Position:
    with np.load(paths.last_checkpoint) as checkpoint:
        return Position.model_validate_json(str(checkpoint["position"]))


def test_an_interrupted_run_ends_bit_for_bit_like_a_whole_one(
    tensorflow, everything: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted in the second epoch: weights, average, scale of the loss, plateau and history are those of a whole run."""
    import keras

    whole, broken = ModelPaths(root=tmp_path / "whole"), ModelPaths(root=tmp_path / "broken")
    record = run_training(everything, whole.root, quiet=True)
    assert record.result.crops_seen == EPOCHS * STEPS * 2 * 2
    train, calls = TrainingSteps.train, iter(range(100))

    def interrupted(*arguments):
        if next(calls) == STEPS + 1:
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(TrainingSteps, "train", interrupted)
    with pytest.raises(TrainingError, match="interrupted after 1 complete epochs"):
        run_training(everything, broken.root, quiet=True)
    monkeypatch.setattr(TrainingSteps, "train", train)
    position = position_of(broken)
    assert (position.step, position.epochs_done) == (STEPS + 1, 1)
    assert position.plateau.best is not None
    resume_training(broken.root, quiet=True)
    assert broken.history.read_bytes() == whole.history.read_bytes()
    with np.load(whole.last_checkpoint) as one, np.load(broken.last_checkpoint) as two:
        assert one.files == two.files
        assert all(one[name].tobytes() == two[name].tobytes() for name in one.files)
    for name in ("best_weights", "last_weights"):
        one, two = (keras.saving.load_model(getattr(paths, name), compile=False) for paths in (whole, broken))
        assert all((a == b).all() for a, b in zip(one.get_weights(), two.get_weights(), strict=True))
    rows = read_rows(whole.history)
    assert [row["crops"] for row in rows] == [STEPS * 4 * epoch for epoch in range(1, EPOCHS + 1)]
    losses = [row["validation_loss"] for row in rows]
    rates = [0.05, 0.05]
    rates.append(0.05 if losses[1] < losses[0] else 0.025)
    assert [row["learning_rate"] for row in rows] == rates
