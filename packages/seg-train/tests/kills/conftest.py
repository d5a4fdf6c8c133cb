"""Runs of the command in processes of their own, killed and resumed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.model_paths import ModelPaths
from seg_common.yaml_documents import write_document

if TYPE_CHECKING:
    from seg_common.schema.training import TrainingConfig

COMMAND = (sys.executable, str(Path(__file__).parent / "seg_train_killed.py"))


@dataclass(frozen=True)
class Runs:
    """Runs of one configuration."""

    config: Path
    """Its file."""
    folder: Path
    """Where model folders are made."""

    def model(self, name: str) -> ModelPaths:
        """The model folder of a run."""
        return ModelPaths(root=self.folder / name)

    def start(self, name: str, place: str = "never", *, overwrite: bool = False) -> subprocess.Popen[str]:
        """Start the run in a process, or resume it when it has a folder that stays; it is killed at a place."""
        root = self.model(name).root
        arguments = ["run", str(self.config), "--output", str(root), *(["--overwrite"] if overwrite else [])]
        if root.exists() and not overwrite:
            arguments = ["resume", str(root)]
        return subprocess.Popen([*COMMAND, place, *arguments], stderr=subprocess.PIPE, text=True)

    def finish(self, name: str) -> None:
        """Run to the end."""
        process = self.start(name)
        _, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors

    def killed(self, name: str, place: str) -> None:
        """Run until the kill."""
        process = self.start(name, place)
        _, errors = process.communicate(timeout=600)
        assert process.returncode == -signal.SIGKILL, f"not killed at {place}: {errors}"

    def killed_after(self, name: str, seconds: float) -> bool:
        """Kill a run from outside, so many seconds after its folder is there; False when it has ended before."""
        process = self.start(name)
        root = self.model(name).root
        while not root.exists() and process.poll() is None:
            time.sleep(0.01)
        try:
            _, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return True
        assert process.returncode == 0, errors
        return False


def assert_same_end(one: ModelPaths, two: ModelPaths) -> None:
    """Weights, optimizer state, random state, position, networks, history and pictures are equal, bit for bit."""
    with np.load(one.last_checkpoint) as a, np.load(two.last_checkpoint) as b:
        assert a.files == b.files
        for name in a.files:
            assert a[name].dtype == b[name].dtype
            assert a[name].tobytes() == b[name].tobytes(), name
    assert one.history.read_bytes() == two.history.read_bytes()
    drawn = [_files(paths.training_curves.parent) for paths in (one, two)]
    assert len(drawn[0]) > 5
    assert list(drawn[0]) == list(drawn[1])
    assert [name for name in drawn[0] if drawn[0][name] != drawn[1][name]] == []
    for network in ("best_weights", "last_weights"):
        weights = [_weights(getattr(paths, network)) for paths in (one, two)]
        assert all((a == b).all() for a, b in zip(*weights, strict=True))


def _files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _weights(path: Path) -> list[np.ndarray]:
    import keras

    return keras.saving.load_model(path, compile=False, safe_mode=True).get_weights()


@pytest.fixture(scope="session")
def same_end():
    """Compares two model folders."""
    return assert_same_end


@pytest.fixture(scope="module")
def runs(config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """A small run with all that is random, checkpoints within epochs, and its uninterrupted end under the name ``whole``."""
    folder = tmp_path_factory.mktemp("kills")
    model = config.model.model_copy(update={"dropout": 0.3, "gaussian_noise": 0.2})
    small = config.model_copy(update={"model": model, "checkpoint_every": 2, "threads": 2})
    write_document(folder / "train.yaml", small)
    runs = Runs(folder / "train.yaml", folder)
    runs.finish("whole")
    return runs
