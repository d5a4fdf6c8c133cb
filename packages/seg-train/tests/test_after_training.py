"""What follows a finished run is another package's, found by its entry point."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from seg_common.errors import MissingDependencyError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document, write_document
from seg_train.after_training import GROUP, do_after_training, is_followed_up
from seg_train.resume import resume_training
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


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("OSError('no room left')", "did not work: no room left."),
        ("ValueError('no such shape.')", "did not work: ValueError: no such shape."),
        ("MemoryError", "did not work: MemoryError."),
        ("RuntimeError('OOM when allocating tensor')", "did not work: RuntimeError: OOM when allocating tensor."),
    ],
)
def test_what_fails_afterwards_is_told_and_the_run_stays_finished(
    install, tmp_path: Path, error: str, words: str
) -> None:
    """Whatever the package raises is one line of warning, with the command that tries again."""
    install(f"def follow(model, **_):\n    raise {error}\n")
    told: list[str] = []
    do_after_training("follow", ModelPaths(root=tmp_path), told.append, quiet=True)
    again = f"The run is finished; repeat what follows it with: seg-train resume {tmp_path}"
    assert told == [f"warning: after_training: follow {words} {again}"]


def test_an_interruption_afterwards_ends_the_process_and_names_the_command(install, tmp_path: Path) -> None:
    """Ctrl-C means the process, and the line says that nothing of the training is lost."""
    install("def follow(model, **_):\n    raise KeyboardInterrupt\n")
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        do_after_training("follow", ModelPaths(root=tmp_path), told.append, quiet=True)
    assert told == [
        "warning: after_training: follow was interrupted. The run is finished; repeat what follows it with: "
        f"seg-train resume {tmp_path}"
    ]


def test_resuming_a_finished_run_makes_up_for_what_is_missing(
    install, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was killed during its evaluation left a finished run without one; nothing is trained again."""
    install("def follow(model, *, quiet, tell):\n    tell(f'evaluated {model.name}')\n")
    follow = EntryPoint("evaluate", "follower:follow", GROUP)
    monkeypatch.setattr("seg_train.after_training.entry_points", lambda **_: (follow,))
    paths = ModelPaths(root=shutil.copytree(trained, tmp_path / "model"))
    record = read_document(paths.metadata, TrainingRecord)
    assert is_followed_up(paths, record)
    config = record.config.model_copy(update={"after_training": "evaluate"})
    write_document(paths.metadata, record.model_copy(update={"config": config}), overwrite=True)
    before = paths.metadata.read_bytes()
    told: list[str] = []
    assert resume_training(paths.root, quiet=True, tell=told.append).status == "finished"
    assert told[-1] == "evaluated model"
    assert "nothing to do" not in "".join(told)
    assert paths.metadata.read_bytes() == before
