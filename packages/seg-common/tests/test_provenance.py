"""What made an output."""

import os
import platform
import subprocess
import sys
from datetime import datetime, timedelta
from importlib.metadata import version

import numpy as np
import psutil
import pytest

from seg_common import provenance


def test_command_machine_and_versions_are_recorded(monkeypatch):
    """The command by its name and not its path, so that equal runs on two machines look alike."""
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/seg-train", "run", "--quiet"])
    record = provenance.gather_provenance()
    assert record.command == ["seg-train", "run", "--quiet"]
    assert record.python == platform.python_version()
    assert record.packages["numpy"] == np.__version__
    assert record.packages["seg-common"] == version("seg-common")
    assert record.memory_bytes == psutil.virtual_memory().total
    assert 1 <= record.cpu_count <= os.cpu_count()
    assert record.cpu
    assert record.hostname


def test_the_command_keeps_no_secret(monkeypatch):
    """Records are handed on with models and pages."""
    monkeypatch.setattr(sys, "argv", ["seg-train", "run", "--set", "name=https://user:s3cret@host/x?token=abc", "a b"])
    assert provenance.gather_provenance().command == ["seg-train", "run", "--set", "name=https://…", "a b"]


def test_packages_that_are_not_installed_are_left_out(monkeypatch):
    """seg-common alone has no TensorFlow to speak of."""
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package"))
    assert list(provenance.package_versions()) == ["numpy"]


def test_time_has_its_offset():
    """A time without one says nothing on another machine."""
    stamp = datetime.fromisoformat(provenance.timestamp())
    assert stamp.utcoffset() is not None
    assert abs(datetime.now(stamp.tzinfo) - stamp) < timedelta(minutes=1)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git repository that the module pretends to live in."""
    file = tmp_path / "provenance.py"
    file.write_text("a = 1\n")
    for words in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "a"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(provenance, "__file__", str(file))
    return tmp_path


def test_the_state_of_a_checkout_is_recorded(checkout):
    """The commit, and whether tracked files were changed since; new files do not count."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    assert provenance.git_state().commit == head.strip()
    (checkout / "new.txt").touch()
    assert not provenance.git_state().dirty
    (checkout / "provenance.py").write_text("a = 2\n")
    assert provenance.git_state().dirty


def test_an_installed_package_has_no_git_state(tmp_path, monkeypatch, checkout):
    """Even when it is installed below somebody's repository, whose commit says nothing about it."""
    (checkout / "site-packages").mkdir()
    monkeypatch.setattr(provenance, "__file__", str(checkout / "site-packages" / "provenance.py"))
    assert provenance.git_state() is None


def test_a_machine_without_git_has_no_git_state(monkeypatch):
    """And no error."""
    monkeypatch.setenv("PATH", "")
    assert provenance.git_state() is None


def test_peak_memory_grows_with_what_is_held():
    """In bytes: 100 MB of ones raise it by about as much."""
    code = (
        "import numpy as np; from seg_common.provenance import peak_memory_bytes as peak\n"
        "before = peak(); a = np.ones(100_000_000, np.uint8); print(peak() - before)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert 90e6 < int(shown) < 110e6


def test_variables_that_change_results_are_recorded(monkeypatch):
    """Those of the libraries and of the job; none that sounds secret, and no password in a value."""
    for name in list(os.environ):
        if provenance.VARIABLES.fullmatch(name):
            monkeypatch.delenv(name)
    assert provenance.gather_provenance().environment == {}
    recorded = {
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "XLA_FLAGS": "--xla_gpu_autotune_level=0",
        "OMP_NUM_THREADS": "4",
        "KMP_BLOCKTIME": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONHASHSEED": "7",
        "SLURM_JOB_ID": "12",
    }
    others = {"TF_API_KEY": "hidden", "OMP_TOKEN": "hidden", "SLURM_JWT": "hidden", "MY_TF_X": "1", "HOME": "/home/me"}
    for name, value in (recorded | others | {"TF_SERVER": "https://me:s3cret@host"}).items():
        monkeypatch.setenv(name, value)
    assert provenance.gather_provenance().environment == recorded | {"TF_SERVER": "https://…"}
