"""Servers of trackers that are away, or take a connection and never answer: the real libraries hold neither run nor process."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("wandb")
pytest.importorskip("mlflow")
LONGEST = 300
KEY = "0123456789abcdef0123456789abcdef01234567"
TOLD = """
import sys
from pathlib import Path
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_train.history import read_rows
from seg_train.trackers import tracked_run as module

model, patience, *names = sys.argv[1:]
module.LAST_SECONDS = float(patience)
paths = ModelPaths(root=Path(model))
record = read_document(paths.metadata, TrainingRecord)
with module.tracked_run(names, paths, record, lambda text: print(text, flush=True)) as epoch_ended:
    for row in read_rows(paths.history):
        epoch_ended(row)
print("the run has ended", flush=True)
"""
"""Tells trackers about a run that was trained before, in a process of its own: W&B reads its environment once."""


@contextmanager
def silent_server() -> Iterator[int]:
    """A port where connections are taken and nobody answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@contextmanager
def closed_port() -> Iterator[int]:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def environment(home: Path, **changes: str) -> dict[str, str]:
    """That of the tests, without what their user set for trackers."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "MLFLOW", "NETRC"))}
    return {**own, "HOME": str(home), "WANDB_MODE": "online", **changes}


def told_by(command: list[str], **options: object) -> tuple[list[str], float]:
    """Lines on the standard output, and the seconds from the end of the run to the end of the process."""
    told = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                told.append(line.rstrip())
                if told[-1] == "the run has ended":
                    ended = time.monotonic()
            assert process.wait(timeout=LONGEST) == 0
        finally:
            process.kill()
    assert told.pop() == "the run has ended"
    return told, time.monotonic() - ended


def test_servers_that_are_away_are_told(trained: Path, tmp_path: Path) -> None:
    """Each tracker once, with the reason and without the key or an address."""
    with closed_port() as port:
        address = f"http://127.0.0.1:{port}"
        changes = {"WANDB_BASE_URL": address, "WANDB_API_KEY": KEY, "WANDB_INIT_TIMEOUT": "2"}
        changes |= {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
        command = [sys.executable, "-c", TOLD, str(trained), "120", "wandb", "mlflow"]
        told, _ = told_by(command, env=environment(tmp_path, **changes), cwd=tmp_path)
    found = [re.fullmatch(r"warning: the tracker (\w+) failed \((.+)\); the run goes on without it\.", x) for x in told]
    assert {match[1] for match in found if match} == {"wandb", "mlflow"}
    assert len(told) == 2
    assert not any(KEY in text or address in text for text in told)


def test_servers_that_never_answer_hold_nothing(trained: Path, tmp_path: Path) -> None:
    """The run ends, having waited for them once, and so does the process soon after it."""
    with silent_server() as port:
        address = f"http://127.0.0.1:{port}"
        changes = {"WANDB_BASE_URL": address, "WANDB_API_KEY": KEY, "MLFLOW_TRACKING_URI": address}
        command = [sys.executable, "-c", TOLD, str(trained), "15", "wandb", "mlflow"]
        told, seconds = told_by(command, env=environment(tmp_path, **changes), cwd=tmp_path)
    late = "did not write down its last numbers in time; the run goes on without it."
    assert told == [f"warning: the tracker {name} {late}" for name in ("wandb", "mlflow")]
    assert seconds < 60, "W&B waits for 90 seconds if it is let"


def test_nobody_is_asked_for_a_key_at_the_terminal(trained: Path, tmp_path: Path) -> None:
    """Without a key W&B would ask a question in the middle of the run; the warning says what to do."""
    pty = pytest.importorskip("pty")
    master, terminal = pty.openpty()
    try:
        command = [sys.executable, "-c", TOLD, str(trained), "120", "wandb"]
        told, _ = told_by(command, env=environment(tmp_path), cwd=tmp_path, stdin=terminal, stderr=terminal)
        os.set_blocking(master, False)
        try:
            seen = os.read(master, 100_000)
        except BlockingIOError:
            seen = b""
    finally:
        os.close(master)
        os.close(terminal)
    assert len(told) == 1
    assert "needs a key" in told[0]
    assert "run: wandb login); the run goes on without it." in told[0]
    assert b"Enter your choice" not in seen
