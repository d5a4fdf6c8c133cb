"""A saved model needs Keras and nothing of ours: it loads where seg-train is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = """
import sys, importlib.util
assert importlib.util.find_spec("seg_train") is None and importlib.util.find_spec("seg_data") is None
import keras, numpy
network = keras.saving.load_model(sys.argv[1], safe_mode=True)
answer = network(numpy.zeros((1, 32, 32, 1), "uint8")).numpy()
assert answer.shape == (1, 32, 32, 3) and abs(answer.sum(-1) - 1).max() < 1e-5
from seg_eval.cli import main
main(["volume", sys.argv[2], "--output", sys.argv[3], "--partition", "validation"])
"""


@pytest.fixture
def without_training(tmp_path: Path) -> dict[str, str]:
    """Environment variables of an interpreter that has every installed library, but neither seg-train nor seg-data."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    ours = ("seg_", "_editable_impl_seg_", "__editable__")
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(folder).iterdir():
            if not entry.name.startswith(ours):
                (libraries / entry.name).symlink_to(entry)
    sources = [ROOT / "packages" / package / "src" for package in ("seg-common", "seg-eval")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [libraries, *sources]))}


def test_the_model_predicts_without_seg_train(job: Path, tmp_path: Path, without_training: dict[str, str]) -> None:
    """best.keras loads in safe mode, and seg-eval evaluates it."""
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    told = subprocess.run(
        [python, "-c", PROGRAM, job / "model" / "best.keras", job / "model", tmp_path / "evaluation"],
        env=without_training,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "evaluation" / "report.html").is_file()
