"""The learning rate before training, as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from PIL import Image

from seg_common.schema.optimization import (
    ComposedSchedule,
    ConstantSchedule,
    CosineSchedule,
    LinearSchedule,
    LogSchedule,
    PlateauSchedule,
)
from seg_common.schema.training import TrainingConfig
from seg_common.yaml_documents import write_document
from seg_train.cli import main
from seg_train.learning_rate import learning_rate
from seg_train.schedule_plot import MOST_POINTS, draw_schedule, schedule_points

if TYPE_CHECKING:
    from pathlib import Path


def test_every_step_of_a_short_run_is_a_point() -> None:
    """Three epochs of two steps on a straight line from 0.6 to 0.1: a step lowers it by 0.1."""
    config = TrainingConfig(volume="v", epochs=3, steps_per_epoch=2, learning_rate=LinearSchedule(start=0.6, end=0.1))
    steps, rates = schedule_points(config)
    assert steps == [0, 1, 2, 3, 4, 5]
    assert rates == pytest.approx([0.6, 0.5, 0.4, 0.3, 0.2, 0.1])


def test_a_long_run_keeps_its_ends_and_its_peak() -> None:
    """A chart of 77 777 steps has points enough, and the highest value is among them."""
    schedule = CosineSchedule(peak=2e-3, end=0, warmup_fraction=0.013)
    config = TrainingConfig(volume="v", epochs=7, steps_per_epoch=11111, learning_rate=schedule)
    steps, rates = schedule_points(config)
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, 77776)
    assert MOST_POINTS / 2 <= len(steps) <= MOST_POINTS + 2
    assert max(rates) == 2e-3
    assert rates == [learning_rate(schedule, step, 77777) for step in steps]
    assert draw_schedule(config).axes[0].get_yscale() == "linear", "a schedule that ends at 0 has no logarithm"


def test_the_ends_of_all_parts_are_points() -> None:
    """A long run whose third part starts with a jump from 1e-5 to 1e-3: it is drawn at the step where it is, with a line there."""
    parts = [
        {"share": 1, "schedule": LinearSchedule(start=1e-5, end=1e-3)},
        {"share": 2, "schedule": LogSchedule(start=1e-3, end=1e-5)},
        {"share": 3, "schedule": LogSchedule(start=1e-3, end=1e-6)},
    ]
    config = TrainingConfig(
        volume="v", epochs=6, steps_per_epoch=10001, learning_rate=ComposedSchedule.model_validate({"parts": parts})
    )
    steps, rates = schedule_points(config)
    found = dict(zip(steps, rates, strict=True))
    assert {0, 10000, 10001, 30002, 30003, 60005} <= set(steps)
    assert [found[step] for step in (10000, 30002, 30003, 60005)] == pytest.approx([1e-3, 1e-5, 1e-3, 1e-6])
    axes = draw_schedule(config).axes[0]
    assert axes.get_yscale() == "log"
    assert [list(line.get_xdata()) for line in axes.lines if line.get_linestyle() == ":"] == [
        [10000.5] * 2,
        [30002.5] * 2,
    ]


def test_a_rate_that_depends_on_results_is_drawn_as_a_range(volume: Path, tmp_path: Path) -> None:
    """Patience 2: it falls after the third epoch at the earliest, and the command says that it may not."""
    schedule = PlateauSchedule(start=0.8, patience=2)
    config = TrainingConfig(volume=str(volume), epochs=6, steps_per_epoch=1, learning_rate=schedule)
    assert schedule_points(config)[1] == [0.8, 0.8, 0.8, 0.4, 0.4, 0.2]
    write_document(tmp_path / "train.yaml", config)
    told = CliRunner().invoke(main, ["schedule", str(tmp_path / "train.yaml"), "--output", str(tmp_path / "s.png")])
    assert told.exit_code == 0, told.output
    assert "depends on the validation" in told.stderr


def test_the_command_draws_a_configuration(volume: Path, tmp_path: Path) -> None:
    """A changed key changes the picture; an existing file stays."""
    config = tmp_path / "train.yaml"
    write_document(config, TrainingConfig(volume=str(volume), learning_rate=ConstantSchedule()))
    pictures = []
    for name, words in (("one.png", []), ("two.png", ["--set", "learning_rate.value=0.1"])):
        told = CliRunner().invoke(main, ["schedule", str(config), "--output", str(tmp_path / name), *words])
        assert told.exit_code == 0, told.output
        pictures.append((tmp_path / name).read_bytes())
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 300
    assert pictures[0] != pictures[1]
    told = CliRunner().invoke(main, ["schedule", str(config), "--output", str(tmp_path / "one.png")])
    assert told.exit_code == 1
    assert "never overwritten" in told.stderr
