"""What stands in examples/ runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seg_train import load_config

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_configuration_trains(path: Path, job: Path, tmp_path: Path, run_command) -> None:
    """Valid as it is; and one step of it, with crops that fit a small phantom, gives a model."""
    config = load_config(path, volume=job / "phantom")
    crop = "[8, 16, 16]" if config.crops.dimensions == "3D" else "[1, 16, 16]"
    settings = ("epochs=1", "steps_per_epoch=1", "batch_size=1", f"crops.shape={crop}", "model.depth=2")
    changes = [word for setting in settings for word in ("--set", setting)]
    # The test region is the larger one of the two that are not trained on: 3D crops fit the training region only.
    partitions = ("crops.partition=test", "validation.partition=train")
    changes += [word for setting in partitions for word in ("--set", setting)]
    run_command("seg-train", "run", path, "--volume", job / "phantom", "--output", "model", *changes, folder=tmp_path)
    assert (tmp_path / "model" / "best.keras").is_file()


def test_the_slurm_job_starts_a_worker_on_each_node(tmp_path: Path) -> None:
    """Slurm's own commands have stand-ins; seg-train takes hosts and places, and misses the configuration that is not there."""
    stand_ins = {
        "scontrol": "echo node-a; echo node-b",
        "srun": 'shift; for SLURM_PROCID in 0 1; do export SLURM_PROCID; "$@" || true; done',
    }
    for name, body in stand_ins.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    places = [str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]]
    told = subprocess.run(
        ["bash", EXAMPLES / "slurm_two_nodes.sh"],
        cwd=tmp_path,
        env={**os.environ, "PATH": os.pathsep.join(places), "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "node-[a-b]"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "hosts-7.txt").read_text() == "node-a\nnode-b\n"
    lines = told.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error: the file must exist; got train.yaml") for line in lines)


def test_the_demo_runs_on_a_volume_of_the_user(job: Path, tmp_path: Path) -> None:
    """A given volume is used as it is; losing to a baseline after four steps is told, not failed."""
    budget = ("epochs=1", "steps_per_epoch=4", "batch_size=2", "crops.shape=[1, 16, 16]", "model.depth=2")
    changes = [word for setting in budget for word in ("--set", setting)]
    before = {path: path.read_bytes() for path in (job / "phantom").iterdir()}
    told = subprocess.run(
        [sys.executable, EXAMPLES / "demo.py", job / "phantom" / "volume.yaml", "--output", "demo", *changes],
        cwd=tmp_path,
        env=None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "$ seg-train run" in told.stdout
    assert "better baseline" in told.stdout
    assert "report.html" in told.stdout
    assert {path: path.read_bytes() for path in (job / "phantom").iterdir()} == before
