"""One small run of the whole job, by the installed commands, that several tests look at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = (
    "epochs=2",
    "steps_per_epoch=6",
    "batch_size=4",
    "crops.shape=[1, 32, 32]",
    "model.base_filters=2",
    "model.depth=2",
    "examples_every=1",
    "after_training=evaluate",
)


@pytest.fixture(scope="session")
def run_command():
    """Runs an installed command from a folder; fails with what it said."""

    def run(*words: object, folder: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name(str(words[0]))), *map(str, words[1:])]
        told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert told.returncode == status, told.stderr
        return told

    return run


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory, run_command) -> Path:
    """A folder with a phantom, its configuration, a model and an evaluation of the test region; no test may change it."""
    folder = tmp_path_factory.mktemp("job")
    run_command("seg-data", "phantom", "phantom", "--shape", 32, 64, 64, folder=folder)
    run_command("seg-train", "init", "train.yaml", "--volume", "phantom", folder=folder)
    run_command("seg-data", "preview-crops", "phantom", "--config", "train.yaml", "--output", "crops", folder=folder)
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    run_command("seg-train", "run", "train.yaml", "--output", "model", *settings, folder=folder)
    run_command("seg-eval", "volume", "model", "--partition", "test", "--output", "evaluation", folder=folder)
    return folder
