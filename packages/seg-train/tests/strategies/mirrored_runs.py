"""A whole run on two devices of one machine: interrupted and resumed, it ends like one that nothing interrupted.

``nox -s tests_mirrored`` runs this: each of its three processes compiles for two devices, which takes the better part of a minute.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.training import StrategyConfig, TrainingConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train.history import read_rows

SCRIPT = Path(__file__).with_name("mirrored_process.py")


def start(*words: object) -> subprocess.Popen[str]:
    """Start a process: a second mirrored strategy would collide with that of other tests."""
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    """Wait, and give what was printed."""
    try:
        told, errors = process.communicate(timeout=900)
        assert process.returncode == 0, errors
    finally:
        process.kill()
    return told


@pytest.fixture(scope="module")
def runs(config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelPaths, ModelPaths]:
    """Two epochs of three steps with dropout, noise and pictures: one run whole, one interrupted in step 5 and resumed."""
    folder = tmp_path_factory.mktemp("mirrored")
    two = config.model_copy(
        update={
            "name": "mirrored",
            "model": config.model.model_copy(update={"dropout": 0.2, "gaussian_noise": 0.1}),
            "strategy": StrategyConfig(kind="mirrored", devices=["CPU:0", "CPU:1"]),
        }
    )
    write_document(folder / "train.yaml", two)
    whole, broken = (ModelPaths(root=folder / name) for name in ("whole", "broken"))
    at_the_same_time = start("run", folder / "train.yaml", whole.root)
    assert "interrupted after 1 complete epochs" in finish(start("interrupted", folder / "train.yaml", broken.root, 5))
    finish(start("resume", broken.root))
    finish(at_the_same_time)
    return whole, broken


def test_both_devices_train(runs: tuple[ModelPaths, ModelPaths]) -> None:
    """The record names both, with half of the batch each; scores and losses are those of a run that learns."""
    record = read_document(runs[0].metadata, TrainingRecord)
    assert (record.status, record.strategy.name, record.strategy.replicas) == ("finished", "mirrored", 2)
    assert len(record.strategy.devices) == 2
    assert (record.batch_size, record.batch_size_per_replica) == (4, 2)
    rows = read_rows(runs[0].history)
    assert [row["crops"] for row in rows] == [12, 24]
    assert rows[1]["loss"] < rows[0]["loss"]


def test_an_interrupted_run_ends_like_a_whole_one(runs: tuple[ModelPaths, ModelPaths]) -> None:
    """Checkpoints, history and every picture are the same, byte for byte."""
    whole, broken = runs
    assert read_document(broken.metadata, TrainingRecord).sessions == 2
    assert [session.first_step for session in read_document(broken.metadata, TrainingRecord).session_records] == [0, 5]
    assert broken.history.read_bytes() == whole.history.read_bytes()
    with np.load(whole.last_checkpoint) as one, np.load(broken.last_checkpoint) as two:
        assert one.files == two.files
        assert all(one[name].tobytes() == two[name].tobytes() for name in one.files)
    pictures = {path.relative_to(whole.root): path.read_bytes() for path in whole.root.rglob("pictures/**/*.*")}
    assert len(pictures) >= 4
    assert pictures == {
        path.relative_to(broken.root): path.read_bytes() for path in broken.root.rglob("pictures/**/*.*")
    }
