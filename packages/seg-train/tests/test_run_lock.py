"""Two processes never train into one model folder."""

from __future__ import annotations

import errno
import fcntl
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seg_common.errors import OutputExistsError, SegError
from seg_common.model_paths import ModelPaths
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.run_list import list_runs
from seg_train.run_lock import run_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.schema.training import TrainingConfig

HOLDER = """
import sys
from pathlib import Path
from seg_common.model_paths import ModelPaths
from seg_train.run_lock import run_lock
with run_lock(ModelPaths(root=Path(sys.argv[1])), print):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    """A copy of a finished run."""
    return Path(shutil.copytree(trained, tmp_path / "model"))


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the folder ``model`` locked."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "model")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_and_changes_nothing(
    model: Path, config: TrainingConfig, holder: subprocess.Popen[str]
) -> None:
    """Whether it resumes or replaces, by whatever path; who reads is let in. After a SIGKILL the next one goes on."""
    before = {path: path.stat().st_mtime_ns for path in model.rglob("*")}
    link = model.with_name("link")
    link.symlink_to(model)
    rule = f"one process at a time may train into .*; process {holder.pid} on {socket.gethostname()} holds .*delete that file"
    for folder in (model, link):
        with pytest.raises(SegError, match=rule):
            resume_training(folder, epochs=3, quiet=True)
    with pytest.raises(SegError, match=rule):
        run_training(config, model, overwrite=True, quiet=True)
    assert {path: path.stat().st_mtime_ns for path in model.rglob("*")} == before
    assert [run.status for run in list_runs(model.parent)] == ["finished"]
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    told: list[str] = []
    resume_training(model, quiet=True, tell=told.append)
    assert "nothing to do" in told[0]
    assert not model.with_name(".model.lock").exists()


def test_a_folder_that_is_still_to_come_is_locked_too(
    config: TrainingConfig, tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    """Two first starts: the second would replace what the first begins."""
    with pytest.raises(SegError, match=f"process {holder.pid} on"):
        run_training(config, tmp_path / "model", quiet=True)
    holder.communicate("")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_comes_during_the_preparations_is_not_replaced_unasked(
    config: TrainingConfig, trained: Path, tmp_path: Path
) -> None:
    """Such as a copy; no lock keeps that away."""

    def copy(text: str) -> None:
        if not (tmp_path / "model").exists():
            shutil.copytree(trained, tmp_path / "model")

    with pytest.raises(OutputExistsError, match="never overwritten unasked"):
        run_training(config, tmp_path / "model", quiet=True, tell=copy)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
    assert list_runs(tmp_path)[0].status == "finished"


def test_nothing_is_left_of_a_run_that_wrote_nothing(tmp_path: Path) -> None:
    with run_lock(ModelPaths(root=tmp_path / "a" / "b" / "model"), print):
        assert (tmp_path / "a" / "b" / ".model.lock").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on: until now there was no lock anywhere."""

    def unknown(*arguments: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", unknown)
    told: list[str] = []
    with run_lock(ModelPaths(root=tmp_path / "model"), told.append):
        assert len(told) == 1
    assert told[0].startswith("warning: nothing keeps a second process from training into")
    assert "Function not implemented" in told[0]
