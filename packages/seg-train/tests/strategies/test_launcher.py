"""Workers of one machine: real processes that do something simpler than training."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from seg_train.cli import main
from seg_train.errors import TrainingError
from seg_train.strategies.launcher import launch

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = (
    "import json, os, signal, sys, time; task = json.loads(os.environ['TF_CONFIG'])['task']; index = task['index']; "
)


def command(*lines: str) -> list[str]:
    """A worker that knows its ``index``."""
    return [sys.executable, "-uc", BEGIN + "\n" + "\n".join(lines)]


def test_workers_know_each_other_and_are_heard(capfd: pytest.CaptureFixture[str]) -> None:
    """All get the same addresses and a place of their own; the chief has the terminal, others are told with their number."""
    told: list[str] = []
    launch(command("print(os.environ['TF_CONFIG'])"), 3, tell=told.append)
    configs = [json.loads(capfd.readouterr().out)]
    for line in sorted(told):
        name, _, words = line.partition(": ")
        assert name == f"worker {len(configs)}"
        configs.append(json.loads(words))
    assert [config["task"] for config in configs] == [{"type": "worker", "index": index} for index in range(3)]
    assert len({json.dumps(config["cluster"]) for config in configs}) == 1
    assert len(set(configs[0]["cluster"]["worker"])) == 3


def test_one_that_fails_ends_the_others(tmp_path: Path) -> None:
    """The error has its status and its last words; the others are asked to end, and do."""
    body = (
        "if index == 1: print('error: no space left'); sys.exit(3)",
        f"def end(*_): open(rf'{tmp_path}/' + str(index), 'w').close(); sys.exit(1)",
        "signal.signal(signal.SIGTERM, end)",
        "time.sleep(60)",
    )
    started = time.monotonic()
    with pytest.raises(TrainingError, match=r"worker 1 ended with status 3 \(error: no space left\)\. The others were"):
        launch(command(*body), 3, tell=lambda line: None, notice=0.5)
    assert time.monotonic() - started < 30
    assert {path.name for path in tmp_path.iterdir()} <= {"0", "2"}


def test_one_that_does_not_end_is_killed() -> None:
    """A worker that hangs does not keep the launcher, and a killed one is named by its signal."""
    body = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "if index == 0: time.sleep(0.3); os.kill(os.getpid(), signal.SIGKILL)",
        "time.sleep(60)",
    )
    started = time.monotonic()
    with pytest.raises(TrainingError, match=r"worker 0 ended with signal SIGKILL"):
        launch(command(*body), 2, tell=lambda line: None, notice=0.5, grace=0.5)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_once(tmp_path: Path, number: int) -> None:
    """Every worker gets it, a second one only if the launcher gets a second one; the launcher ends after them."""
    worker = command(
        "got = []",
        f"signal.signal({int(number)}, lambda *_: got.append(1))",
        "print('ready')",
        "while not got: time.sleep(0.01)",
        "time.sleep(0.3)",
        f"open(rf'{tmp_path}/' + str(index), 'w').write(str(len(got)))",
        "sys.exit(1)",
    )
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from seg_train.strategies.launcher import launch\n"
        f"launch({worker!r}, 2, tell=lambda line: print(line, flush=True))\n"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-uc", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert launcher.stdout is not None
        assert {launcher.stdout.readline().strip() for _ in range(2)} == {"ready", "worker 1: ready"}
        launcher.send_signal(number)
        _, errors = launcher.communicate(timeout=60)
    finally:
        launcher.kill()
    assert "the 2 workers were ended by a signal" in errors
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"0": "1", "1": "1"}


def test_only_training_is_launched() -> None:
    """Other commands have no use for several workers; options of the launched command are its own."""
    told = CliRunner().invoke(main, ["launch", "-n", "3", "history", "model", "--x", "time"])
    assert told.exit_code == 1
    assert "error: launch starts run or resume; got 'history'" in told.stderr
