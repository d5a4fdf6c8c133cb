"""Two real worker processes on loopback: one run, stopped, killed and resumed, ends like one that was left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.crops import CropsConfig
from seg_common.schema.optimization import ConstantSchedule
from seg_common.schema.training import TrainingConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.unet import UNetConfig
from seg_common.yaml_documents import read_document, write_document
from seg_train.history import read_rows
from seg_train.position import Position

STEPS = 30
LONGEST = 900


@dataclass(frozen=True)
class Job:
    """Model folders of one configuration, each made by two workers."""

    folder: Path

    def model(self, name: str) -> ModelPaths:
        return ModelPaths(root=self.folder / name)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Launch; what workers write for themselves goes to the folder ``scratch``."""
        command = [str(Path(sys.executable).with_name("seg-train")), "launch", "-n", "2", *words]
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(scratch), "SEG_NOTIFY": ""}
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def record(self, name: str) -> TrainingRecord:
        return read_document(self.model(name).metadata, TrainingRecord)


def position_of(model: ModelPaths) -> Position:
    """Where the last checkpoint stands; while a new one takes its place, the one before."""
    try:
        with np.load(model.last_checkpoint) as checkpoint:
            text = str(checkpoint["position"])
    except FileNotFoundError:
        with np.load(model.previous_checkpoint) as checkpoint:
            text = str(checkpoint["position"])
    return Position.model_validate_json(text)


def second_worker(launcher: subprocess.Popen[str]) -> psutil.Process:
    workers = sorted(psutil.Process(launcher.pid).children(), key=lambda process: process.create_time())
    assert len(workers) == 2
    return workers[1]


def wait_until(launcher: subprocess.Popen[str], happened) -> None:
    deadline = time.monotonic() + LONGEST
    while not happened():
        assert launcher.poll() is None, launcher.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, volume: Path) -> Job:
    """Two epochs of a network with batch normalisation, dropout and noise."""
    folder = tmp_path_factory.mktemp("two_workers")
    config = TrainingConfig(
        name="two",
        volume=str(volume),
        crops=CropsConfig(shape=(1, 48, 48)),
        model=UNetConfig(depth=1, base_filters=2, dropout=0.2, gaussian_noise=0.1),
        learning_rate=ConstantSchedule(value=0.01),
        batch_size=4,
        epochs=2,
        steps_per_epoch=STEPS,
        checkpoint_every=2,
        examples_every=0,
    )
    write_document(folder / "train.yaml", config)
    return Job(folder)


@pytest.fixture(scope="module")
def whole(job: Job) -> tuple[Job, str, str]:
    """A run that nothing interrupted, and what it printed."""
    out, errors = finished(job.start("run", "train.yaml", "--output", "whole"))
    return job, out, errors


def finished(launcher: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        out, errors = launcher.communicate(timeout=LONGEST)
    finally:
        launcher.kill()
    assert launcher.returncode == 0, errors
    return out, errors


def test_two_workers_make_one_model(whole: tuple[Job, str, str]) -> None:
    """The chief alone tells and writes; the record has workers, hosts, devices and batch sizes."""
    job, out, errors = whole
    record = job.record("whole")
    assert record.status == "finished"
    assert record.config.strategy.kind == "multi_worker"
    strategy = record.strategy
    assert (strategy.name, strategy.replicas, strategy.workers) == ("multi_worker", 2, 2)
    assert strategy.devices == ["worker 0 CPU:0", "worker 1 CPU:0"]
    assert len(strategy.hosts) == 2
    assert strategy.gpus == []
    assert (record.batch_size, record.batch_size_per_replica) == (4, 2)
    summary = job.model("whole").summary.read_text()
    assert "multi_worker, 2 replica(s), 2 worker(s): worker 0 CPU:0, worker 1 CPU:0" in summary
    assert "none (trained on the CPU)" in summary
    assert out.count("best mean Jaccard") == 1
    assert errors.count("epoch 2/2: loss") == 1
    assert "Traceback" not in errors
    assert len((job.folder / "seg-train-results.tsv").read_text().splitlines()) == 2  # the header and one run
    assert [path.name for path in (job.folder / "scratch").iterdir() if path.name.startswith("seg-train")] == []


def test_stopped_and_killed_workers_go_on_exactly(whole: tuple[Job, str, str]) -> None:
    """SIGTERM to one worker ends both after the same step; a killed one ends the other with its name; the end is bit-equal."""
    job, _, _ = whole
    stopped = job.start("run", "train.yaml", "--output", "broken")
    history = job.model("broken").history
    try:
        wait_until(stopped, history.exists)
        second_worker(stopped).send_signal(signal.SIGTERM)
        _, errors = stopped.communicate(timeout=LONGEST)
    finally:
        stopped.kill()
    assert stopped.returncode == 1
    assert "interrupted after 1 complete epochs. Go on with: seg-train resume broken, on every worker" in errors
    record = job.record("broken")
    assert record.status == "interrupted"
    position = position_of(job.model("broken"))
    assert STEPS < position.step <= 2 * STEPS - 4  # what is left is trained by the two that follow
    assert len(position.losses) == position.step - STEPS

    killed = job.start("resume", "broken")
    try:
        wait_until(killed, lambda: position_of(job.model("broken")).step > position.step)
        second_worker(killed).kill()
        _, errors = killed.communicate(timeout=LONGEST)
    finally:
        killed.kill()
    assert killed.returncode == 1
    assert "worker 1 ended with signal SIGKILL" in errors
    assert "all 2 workers must stay until the end" in errors
    assert "Traceback" not in errors
    assert job.record("broken").status == "failed"

    finished(job.start("resume", "broken"))
    assert job.record("broken").sessions == 3
    assert read_rows(history) == read_rows(job.model("whole").history)
    with np.load(job.model("whole").last_checkpoint) as one, np.load(job.model("broken").last_checkpoint) as two:
        assert one.files == two.files
        for name in one.files:
            assert one[name].tobytes() == two[name].tobytes(), name
