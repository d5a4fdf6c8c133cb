"""The time of a run: `timing.csv`, and what the line of an epoch says of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from seg_common.model_paths import ModelPaths
from seg_train.batch_queue import BatchQueue
from seg_train.history import read_rows
from seg_train.position import Position, TimeOfSteps
from seg_train.run_lines import epoch_line
from seg_train.training_loop import EpochUnderWay, Stopwatch

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.training import TrainingConfig


def test_the_table_has_seconds_speed_wait_and_memory(trained: Path) -> None:
    """Speed times seconds are the voxels of an epoch: 3 steps of 4 crops of 16 x 16."""
    paths = ModelPaths(root=trained)
    rows = read_rows(paths.timing)
    assert [row["epoch"] for row in rows] == [row["epoch"] for row in read_rows(paths.history)] == [1, 2]
    for row in rows:
        assert list(row) == [
            "epoch",
            "training_seconds",
            "validation_seconds",
            "voxels_per_second",
            "data_wait_share",
            "peak_memory_bytes",
        ]
        assert row["training_seconds"] > 0
        assert row["validation_seconds"] > 0
        rounding = 0.0006 / row["training_seconds"] + 0.06 / row["voxels_per_second"]
        assert row["voxels_per_second"] * row["training_seconds"] == pytest.approx(3 * 4 * 256, rel=rounding)
        assert 0 <= row["data_wait_share"] <= 1
        assert 2**26 < row["peak_memory_bytes"] < psutil.virtual_memory().total


def test_a_network_that_waits_for_crops_is_seen(config: TrainingConfig) -> None:
    """It waits 0.2 s for two batches and works for 0.1 s; the validation after it is no part of the share."""

    def read(step: int) -> int:
        time.sleep(0.1)
        return step

    with BatchQueue(read, 1) as queue:
        watch = Stopwatch(queue, Position())
        for _ in queue.batches(0, 2):
            pass
        time.sleep(0.1)
        watch.training_ended()
        time.sleep(0.05)
        row = watch.row(config, 0, 2)
        waited = queue.waited
    assert waited >= 0.19
    assert row["training_seconds"] >= waited + 0.1 - 0.0006, "rows have three digits"
    assert row["validation_seconds"] >= 0.05
    assert row["data_wait_share"] == pytest.approx(waited / row["training_seconds"], abs=0.005)


def test_a_session_before_counts(config: TrainingConfig) -> None:
    """Two steps took 10 s, half of it waiting; the third one takes no time, and the epoch's row is of all three."""
    before = TimeOfSteps(steps=2, seconds=10.0, waited=5.0)
    position = Position(step=5, epochs_done=1, losses=(0.5, 0.25), time=before)
    with BatchQueue(lambda step: step, 1) as queue:
        under_way = EpochUnderWay(position)
        assert under_way.position.time == before
        under_way.watch = Stopwatch(queue, position)
        under_way.add(0.125, np.eye(2, dtype=np.int64))
        kept = under_way.position
        under_way.watch.training_ended()
        row = under_way.watch.row(config, 1, 6)
    assert (kept.step, kept.time.steps, kept.time.waited) == (6, 3, 5.0)
    assert 10 < kept.time.seconds < 11
    assert 10 <= row["training_seconds"] < 11
    assert row["data_wait_share"] == pytest.approx(0.5, abs=0.05)
    assert row["voxels_per_second"] == pytest.approx(3 * 4 * 256 / row["training_seconds"], rel=1e-3)


def test_the_line_of_an_epoch_tells_the_wait() -> None:
    """Counted from 1, scores of the validation, and the share of the time that the network waited; undefined scores are none."""
    row = {
        "loss": 0.51234,
        "validation_loss": 0.25,
        "validation_mean_jaccard": 0.75,
        "validation_jaccard_matrix": 0.75,
        "validation_jaccard_fibre": None,
        "data_wait_share": 0.1234,
    }
    assert epoch_line(0, 20, row, ["matrix", "fibre"]) == (
        "epoch 1/20: loss 0.5123, validation loss 0.2500, mean Jaccard 0.7500 (matrix 0.7500, fibre none), "
        "12.3% waiting for data"
    )
