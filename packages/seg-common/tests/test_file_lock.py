"""One process at a time holds a file, and lets go of it when it dies."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from seg_common.errors import SegError
from seg_common.file_lock import lock_file, remove_lock_file

HOLDER = """
import sys
from pathlib import Path
from seg_common.file_lock import lock_file
file = lock_file(Path(sys.argv[1]), "one at a time", "Wait.")
print("held", flush=True)
sys.stdin.read()
"""
RULE = "one at a time"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def test_another_process_is_refused_until_the_first_is_killed(path: Path) -> None:
    """It hears of whom to wait for; SIGKILL leaves the file, and nothing that holds it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(SegError) as refused:
            lock_file(path, RULE, "Wait.")
        assert str(refused.value) == (
            f"one at a time; process {holder.pid} on {socket.gethostname()} holds {path}. Wait."
        )
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert path.exists()
    with lock_file(path, RULE, "Wait."):
        assert path.read_text() == f"process {os.getpid()} on {socket.gethostname()}\n"


def test_a_child_does_not_inherit_the_lock(path: Path) -> None:
    """A program that a run has started may outlive it."""
    file = lock_file(path, RULE, "Wait.")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        file.close()
        lock_file(path, RULE, "Wait.").close()
        child.communicate(b"\n")


def test_a_removed_file_is_let_go_and_one_in_its_place_is_left(path: Path) -> None:
    """A user who removes the file of a lost host lets the next process in, and the lost one takes nothing away at its end."""
    lost = lock_file(path, RULE, "Wait.")
    path.unlink()
    second = lock_file(path, RULE, "Wait.")
    remove_lock_file(path, lost)
    with pytest.raises(SegError, match=f"process {os.getpid()} on"):
        lock_file(path, RULE, "Wait.")
    remove_lock_file(path, second)
    assert not path.exists()
    assert lost.closed
    assert second.closed


def test_a_file_opened_just_before_its_removal_holds_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one ends between the opening and the locking of the second."""
    first = lock_file(path, RULE, "Wait.")
    real_open = Path.open

    def slow_open(opened: Path, mode: str):
        file = real_open(opened, mode)
        remove_lock_file(path, first)
        return file

    monkeypatch.setattr(Path, "open", slow_open)
    with pytest.raises(SegError, match=f"process {os.getpid()} on .* holds"):
        lock_file(path, RULE, "Wait.")


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    """As is a file system without locks; who asks decides whether to go on."""
    with pytest.raises(FileNotFoundError):
        lock_file(tmp_path / "nowhere" / "lock", RULE, "Wait.")
