"""Everything that a step may remember goes on after an interruption as if there had been none."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.optimization import PlateauSchedule
from seg_common.schema.training import TrainingConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import ArraySource
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.yaml_documents import read_document
from seg_train.errors import TrainingError
from seg_train.history import read_rows
from seg_train.position import Position
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.training_steps import TrainingSteps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEPS = 3
EPOCHS = 3


@pytest.fixture
def changed(config: TrainingConfig) -> Callable[..., TrainingConfig]:
    """Gives the tiny run of three epochs with other keys, and a checkpoint after each step."""

    def change(crops: dict[str, object] | None = None, model: dict[str, object] | None = None, **keys: object):
        data = config.model_dump() | {
            "epochs": EPOCHS,
            "steps_per_epoch": STEPS,
            "checkpoint_every": 1,
            "examples_every": 0,
            **keys,
        }
        data["crops"] |= crops or {}
        data["model"] |= model or {}
        return TrainingConfig.model_validate(data)

    return change


@pytest.fixture
def everything(changed, make_volume, labels: np.ndarray) -> TrainingConfig:
    """Scaled losses, an average of the weights, two parts per step, a plateau, dropout and noise.

    Crops are 2.5D, weighted, rejected by their content, and changed in shape and grey levels.
    """
    folder = make_volume(labels, weights={"mine": ArraySource(path="weights.h5")})
    with hdf5_writer(folder / "weights.h5", "weights", labels.shape, np.dtype(np.float32)) as dataset:
        dataset[...] = (1 + 2 * labels).astype(np.float32)
    crops = {
        "shape": [1, 16, 12],
        "slices": 3,
        "voxel_weights": "mine",
        "positions": {"kind": "uniform"},
        "rejection": {"kind": "min_class_fraction", "class_name": "fibre", "fraction": 0.3, "reject_probability": 0.8},
        "augmentation": {"grey_scale": 0.1, "noise": 0.1, "blur": 1.0, "elastic": {"max_displacement": [0, 2, 2]}},
    }
    return changed(
        crops,
        {"dropout": 0.3, "gaussian_noise": 0.2},
        volume=str(folder),
        precision="float16",
        ema=0.9,
        accumulate=2,
        batch_size=2,
        learning_rate=PlateauSchedule(start=0.05, patience=1, monitor="loss").model_dump(),
    )


@pytest.fixture
def interrupted_and_whole(
    tensorflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[TrainingConfig], tuple[ModelPaths, ModelPaths]]:
    """Gives the folders of a run interrupted after the first step of its second epoch, and of a whole one."""

    def run(config: TrainingConfig) -> tuple[ModelPaths, ModelPaths]:
        whole, broken = ModelPaths(root=tmp_path / "whole"), ModelPaths(root=tmp_path / "broken")
        run_training(config, whole.root, quiet=True)
        train, calls = TrainingSteps.train, iter(range(100))

        def interrupted(*arguments):
            if next(calls) == STEPS + 1:
                raise KeyboardInterrupt
            return train(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(TrainingSteps, "train", interrupted)
            with pytest.raises(TrainingError, match="interrupted after 1 complete epochs"):
                run_training(config, broken.root, quiet=True)
        position = position_of(broken)
        assert (position.step, position.epochs_done) == (STEPS + 1, 1)
        return broken, whole

    return run


def position_of(paths: ModelPaths) -> Position:
    with np.load(paths.last_checkpoint) as checkpoint:
        return Position.model_validate_json(str(checkpoint["position"]))


def record_of(paths: ModelPaths) -> TrainingRecord:
    return read_document(paths.metadata, TrainingRecord)


def assert_same_end(broken: ModelPaths, whole: ModelPaths) -> None:
    """History, checkpoint, weights and record of the result are equal, bit for bit."""
    import keras

    assert broken.history.read_bytes() == whole.history.read_bytes()
    with np.load(whole.last_checkpoint) as one, np.load(broken.last_checkpoint) as two:
        assert one.files == two.files
        assert all(one[name].tobytes() == two[name].tobytes() for name in one.files)
    for name in ("best_weights", "last_weights"):
        one, two = (keras.saving.load_model(getattr(paths, name), compile=False) for paths in (whole, broken))
        assert all((a == b).all() for a, b in zip(one.get_weights(), two.get_weights(), strict=True))
    one, two = record_of(whole), record_of(broken)
    assert (one.status, one.reason, one.result) == (two.status, two.reason, two.result)


def test_an_interrupted_run_ends_bit_for_bit_like_a_whole_one(interrupted_and_whole, everything) -> None:
    """Weights, average, scale of the loss, plateau, crops and history are those of a whole run."""
    broken, whole = interrupted_and_whole(everything)
    assert record_of(whole).result.crops_seen == EPOCHS * STEPS * 2 * 2
    assert record_of(whole).sampling.acceptance_rate < 1
    assert record_of(whole).network.dimensions == "2.5D"
    assert position_of(broken).plateau.best is not None
    resume_training(broken.root, quiet=True)
    assert_same_end(broken, whole)
    for row in read_rows(broken.timing):
        voxels = row["voxels_per_second"] * row["training_seconds"]
        assert voxels == pytest.approx(STEPS * 4 * 16 * 12, rel=0.01), "all steps count, of whichever session"
    rows = read_rows(whole.history)
    assert [row["crops"] for row in rows] == [STEPS * 4 * epoch for epoch in range(1, EPOCHS + 1)]
    losses = [row["validation_loss"] for row in rows]
    rates = [0.05, 0.05]
    rates.append(0.05 if losses[1] < losses[0] else 0.025)
    assert [row["learning_rate"] for row in rows] == rates


def test_a_run_from_another_model_goes_on_without_it_and_stops_early(interrupted_and_whole, changed, tmp_path) -> None:
    """The other model need not be there any more; with weights that stay where they are, the second epoch is no better."""
    model = {"normalisation": "none"}
    other = tmp_path / "other"
    run_training(changed(model=model, epochs=1, steps_per_epoch=1), other, quiet=True)
    still = {"learning_rate": {"kind": "constant", "value": 1e-30}, "early_stopping": {"patience": 1}}
    broken, whole = interrupted_and_whole(changed(model=model, initial_model=str(other), **still))
    shutil.rmtree(other)
    record = resume_training(broken.root, quiet=True)
    assert record.result.epochs_done == 2
    assert record.reason == "no better mean Jaccard for 1 epochs; the best was in epoch 1"
    assert record.initial_weights == record_of(whole).initial_weights is not None
    assert_same_end(broken, whole)
