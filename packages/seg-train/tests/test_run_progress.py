"""What a terminal shows while a run trains."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING

from seg_common.model_paths import ModelPaths
from seg_common.schema.training import EarlyStopping
from seg_train.history import read_rows
from seg_train.run import run_training
from seg_train.run_progress import RunProgress

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from seg_common.schema.training import TrainingConfig


def test_the_time_left_is_the_work_left_at_the_rate_of_the_session(config: TrainingConfig) -> None:
    """Two epochs of three steps (3 each) and six validated batches (1 each): 30 altogether; a step takes 6 s here, a batch 2."""
    clock = [0.0]
    shown = RunProgress(config, 6, quiet=True, now=lambda: clock[0])
    told = []
    for epoch in range(2):
        for bar, batches, seconds in ((shown.training, 3, 6.0), (shown.validation, 6, 2.0)):
            with bar(epoch) as advance:
                for _ in range(batches):
                    clock[0] += 100.0 if not told else seconds  # the first step compiles
                    advance(note=str)
                    told.append(shown.time_left)
    assert told[0] == ""
    seconds_left = [2.0 * (30 - 3 * step) for step in (2, 3)] + [2.0 * (30 - 9 - batch) for batch in range(1, 7)]
    assert told[1:9] == [f"run: 0:00:{seconds:02.0f} left" for seconds in seconds_left]
    assert told[-1] == "run: 0:00:00 left"


def test_steps_of_an_earlier_session_are_no_work_of_this_one(config: TrainingConfig) -> None:
    """A resumed epoch begins in its middle; a run that may stop early takes that long at most."""
    clock = [0.0]
    early = config.model_copy(update={"early_stopping": EarlyStopping(patience=1), "epochs": 1, "steps_per_epoch": 10})
    shown = RunProgress(early, 0, quiet=True, now=lambda: clock[0])
    with shown.training(0) as advance:
        advance(6)
        for _ in range(2):
            clock[0] += 30
            advance(note=str)
    assert shown.time_left == "run: at most 0:01:00 left"


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_scores_so_far_and_both_bars(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last words of each bar are those of the history: counts of all steps, and of the whole grid."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stderr", Terminal())
    run_training(config.model_copy(update={"examples_every": 0}), tmp_path / "model")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sys.stderr.getvalue())  # type: ignore[attr-defined]
    rows = read_rows(ModelPaths(root=tmp_path / "model").history)
    for epoch, row in enumerate(rows, start=1):
        trained = rf"Epoch {epoch}/2 \S+ 3/3 \S+ loss {row['loss']:.4f}, mean Jaccard {row['mean_jaccard']:.4f}, run: \S+ left"
        assert re.search(trained, shown)
        assert re.search(
            rf"Validation \S+ 18/18 \S+ mean Jaccard {row['validation_mean_jaccard']:.4f}, run: \S+ left", shown
        )
