"""What follows a finished run is another package's, found by its entry point."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from seg_common.errors import MissingDependencyError
from seg_common.model_paths import ModelPaths
from seg_train.after_training import GROUP, do_after_training
from seg_train.run import run_training

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.training import TrainingConfig


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs a distribution with one entry point, as a folder on the path."""

    def make(body: str) -> None:
        site = tmp_path / "site"
        info = site / "follower-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: follower\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\nfollow = follower:follow\n")
        (site / "follower.py").write_text(body)
        monkeypatch.syspath_prepend(site)

    yield make
    sys.modules.pop("follower", None)


def test_a_run_is_refused_before_it_begins_when_nothing_could_follow(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy names the package; no folder is left."""
    monkeypatch.setattr("seg_train.after_training.entry_points", lambda **_: ())
    with pytest.raises(MissingDependencyError, match=r"pip install 'seg-eval\[tensorflow\]'"):
        run_training(config.model_copy(update={"after_training": "evaluate"}), tmp_path / "model", quiet=True)
    assert not (tmp_path / "model").exists()


def test_the_finished_model_is_handed_over(install, tmp_path: Path) -> None:
    """The entry point gets the folder, and what it tells is heard."""
    install("def follow(model, *, quiet, tell):\n    tell(f'{model.name} {quiet}')\n")
    told: list[str] = []
    do_after_training("follow", ModelPaths(root=tmp_path / "rods"), told.append, quiet=True)
    do_after_training(None, ModelPaths(root=tmp_path / "rods"), told.append, quiet=True)
    assert told == ["rods True"]


def test_what_fails_afterwards_is_told_and_the_run_stays_finished(install, tmp_path: Path) -> None:
    """An error of the package, or of the disk, is one line of warning."""
    install("def follow(model, **_):\n    raise OSError('no room left')\n")
    told: list[str] = []
    do_after_training("follow", ModelPaths(root=tmp_path), told.append, quiet=True)
    assert told == ["warning: after_training: follow did not work: no room left"]
