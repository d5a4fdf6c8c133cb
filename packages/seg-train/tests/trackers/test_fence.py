"""The fence around a tracker: failures and hangs are told once and reach nobody else."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_train.trackers.fence import MOST_WAITING, FencedTracker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@pytest.fixture(scope="module")
def record(trained: Path) -> TrainingRecord:
    """The record of a real run."""
    return read_document(ModelPaths(root=trained).metadata, TrainingRecord)


class Diary:
    """A tracker that writes down what it hears; it fails or hangs in the epochs that it is told to."""

    def __init__(self, *, fails_in: int = 0, hangs_in: int = 0) -> None:
        self.heard: list[object] = []
        self.threads: set[str] = set()
        self.released = threading.Event()
        self._fails_in, self._hangs_in = fails_in, hangs_in

    def begin(self, record: TrainingRecord) -> None:
        self.threads.add(threading.current_thread().name)
        self.heard.append(record.status)

    def epoch(self, epoch: int, metrics: Mapping[str, float], pictures: Sequence[Path]) -> None:
        if epoch == self._fails_in:
            message = "no answer from https://user:password@host/path\nwith more lines"
            raise SystemExit(message)
        if epoch == self._hangs_in:
            self.released.wait(30)
        self.heard.append((epoch, dict(metrics)))

    def end(self, record: TrainingRecord) -> None:
        self.heard.append(record.status)


def test_calls_arrive_in_order_in_one_thread(record: TrainingRecord) -> None:
    """A tracker hears all of the run; nothing is told."""
    diary, told = Diary(), []
    fence = FencedTracker("diary", diary, told.append)
    fence.begin(record.model_copy(update={"status": "running"}))
    for epoch in (1, 2):
        fence.epoch(epoch, {"loss": 1 / epoch}, [])
    fence.end(record)
    fence.wait(5)
    assert diary.heard == ["running", (1, {"loss": 1.0}), (2, {"loss": 0.5}), "finished"]
    assert diary.threads == {"tracker diary"}
    assert told == []


def test_a_failure_is_told_once_without_the_address(record: TrainingRecord) -> None:
    """Even a library that exits ends only itself; later calls go nowhere."""
    diary, told = Diary(fails_in=2), []
    fence = FencedTracker("diary", diary, told.append)
    fence.begin(record)
    for epoch in range(1, 6):
        fence.epoch(epoch, {}, [])
        time.sleep(0.05)
    fence.end(record)
    fence.wait(5)
    assert diary.heard == ["finished", (1, {})]
    assert told == [
        "warning: the tracker diary failed (SystemExit: no answer from https://…); the run goes on without it."
    ]


def test_a_hang_neither_delays_epochs_nor_the_end(record: TrainingRecord) -> None:
    """Calls return at once, until too many wait; the end waits no longer than it is told to."""
    diary, told = Diary(hangs_in=1), []
    fence = FencedTracker("diary", diary, told.append)
    started = time.monotonic()
    fence.epoch(1, {}, [])
    fence.end(record)
    fence.wait(0.2)
    assert time.monotonic() - started < 2
    assert told == [
        "warning: the tracker diary did not write down its last numbers in time; the run goes on without it."
    ]
    diary.released.set()

    diary, told = Diary(hangs_in=1), []
    fence = FencedTracker("diary", diary, told.append)
    started = time.monotonic()
    for epoch in range(1, MOST_WAITING + 10):
        fence.epoch(epoch, {}, [])
    fence.end(record)
    fence.wait(5)
    assert time.monotonic() - started < 2
    assert told == ["warning: the tracker diary hangs; the run goes on without it."]
    diary.released.set()
