"""Schedules at the steps where their value is known."""

from __future__ import annotations

import pytest

from seg_common.schema.optimization import ConstantSchedule, CosineSchedule, LinearSchedule, PlateauSchedule
from seg_train.learning_rate import learning_rate


def test_constant() -> None:
    """The same rate in every step."""
    assert {learning_rate(ConstantSchedule(value=0.5), step, 10) for step in range(10)} == {0.5}


def test_linear_runs_from_start_to_end() -> None:
    """The first and the last step have the given rates, the middle one their mean."""
    schedule = LinearSchedule(start=1.0, end=0.2)
    assert [learning_rate(schedule, step, 5) for step in (0, 2, 4)] == pytest.approx([1.0, 0.6, 0.2])


def test_cosine_rises_then_falls() -> None:
    """With 100 steps and 10 % of rise: 1/10 of the peak first, the peak at steps 9 and 10, the end last."""
    schedule = CosineSchedule(peak=1.0, end=0.1, warmup_fraction=0.1)
    assert learning_rate(schedule, 0, 100) == pytest.approx(0.1)
    assert learning_rate(schedule, 9, 100) == pytest.approx(1.0)
    assert learning_rate(schedule, 10, 100) == pytest.approx(1.0)
    assert learning_rate(schedule, 99, 100) == pytest.approx(0.1)
    falling = [learning_rate(schedule, step, 100) for step in range(10, 100)]
    assert falling == sorted(falling, reverse=True)


def test_a_plateau_lowers_the_rate_down_to_the_least() -> None:
    """Each one halves it, whatever the step; 0.15 is the least."""
    schedule = PlateauSchedule(start=0.8, factor=0.5, min=0.15)
    assert [learning_rate(schedule, 7, 10, reductions) for reductions in range(5)] == [0.8, 0.4, 0.2, 0.15, 0.15]


@pytest.mark.parametrize("schedule", [LinearSchedule(), CosineSchedule(), ConstantSchedule()])
def test_a_run_of_one_step_has_a_rate(schedule: ConstantSchedule | LinearSchedule | CosineSchedule) -> None:
    """Nothing divides by the number of steps after the first."""
    assert learning_rate(schedule, 0, 1) > 0
