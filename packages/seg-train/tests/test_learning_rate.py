"""Schedules at the steps where their value is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seg_common.schema.optimization import (
    ComposedSchedule,
    ConstantSchedule,
    CosineSchedule,
    LinearSchedule,
    LogSchedule,
    PlateauSchedule,
    SchedulePart,
)
from seg_train.learning_rate import learning_rate, part_steps

EVERY_PART = (
    ConstantSchedule(),
    LinearSchedule(start=0.1, end=0.4),
    LogSchedule(start=0.3, end=0.001),
    CosineSchedule(warmup_fraction=0.3),
)


def composed(*parts: tuple[float, object]) -> ComposedSchedule:
    """Schedules in sequence, from pairs of share and schedule."""
    return ComposedSchedule(parts=[SchedulePart(share=share, schedule=schedule) for share, schedule in parts])


def test_constant() -> None:
    """The same rate in every step."""
    assert {learning_rate(ConstantSchedule(value=0.5), step, 10) for step in range(10)} == {0.5}


def test_linear_runs_from_start_to_end() -> None:
    """The first and the last step have the given rates, the middle one their mean."""
    schedule = LinearSchedule(start=1.0, end=0.2)
    assert [learning_rate(schedule, step, 5) for step in (0, 2, 4)] == pytest.approx([1.0, 0.6, 0.2])


def test_log_multiplies_by_the_same_factor() -> None:
    """Four decades in five steps, each a tenth of the one before; upwards, the middle one is the geometric mean, 2 of 1 and 4."""
    falling = LogSchedule(start=0.1, end=0.00001)
    assert [learning_rate(falling, step, 5) for step in range(5)] == pytest.approx([1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
    rising = LogSchedule(start=1.0, end=4.0)
    assert [learning_rate(rising, step, 3) for step in range(3)] == [1.0, 2.0, 4.0]


def test_parts_follow_each_other_in_their_shares() -> None:
    """Shares 1, 1 and 2 of 8 steps: 2 from 1 to 2, 2 of 0.5 (which is not where the first ended), 4 from 1 down to 1/8."""
    schedule = composed(
        (1, LinearSchedule(start=1.0, end=2.0)),
        (1, ConstantSchedule(value=0.5)),
        (2, LogSchedule(start=1.0, end=0.125)),
    )
    rates = [learning_rate(schedule, step, 8) for step in range(8)]
    assert rates == pytest.approx([1.0, 2.0, 0.5, 0.5, 1.0, 0.5, 0.25, 0.125])


@given(
    shares=st.lists(st.floats(5e-324, 1.7e308), min_size=1, max_size=5),
    total=st.integers(1, 60),
    schedules=st.permutations(EVERY_PART),
)
def test_every_step_belongs_to_one_part(shares: list[float], total: int, schedules: list[object]) -> None:
    """Whatever the shares: all steps once, in order, about as many as the share says; the rate is that of the part alone."""
    parts = list(zip(shares, [*schedules, schedules[0]], strict=False))
    schedule = composed(*parts)
    steps = part_steps(schedule, total)
    assert [step for own in steps for step in own] == list(range(total))
    largest = max(shares)
    whole = sum(share / largest for share in shares)
    for own, (share, alone) in zip(steps, parts, strict=True):
        assert abs(len(own) - share / largest / whole * total) < 1 + 1e-9
        rates = [learning_rate(schedule, step, total) for step in own]
        assert rates == [learning_rate(alone, step, len(own)) for step in range(len(own))]


@pytest.mark.parametrize("alone", EVERY_PART, ids=lambda schedule: schedule.kind)
def test_one_part_is_that_schedule(alone: object) -> None:
    """Composed of one schedule is that schedule, whatever its share."""
    for step in range(7):
        assert learning_rate(composed((0.2, alone)), step, 7) == learning_rate(alone, step, 7)


@pytest.mark.parametrize("part", [PlateauSchedule(), composed((1, ConstantSchedule()))])
def test_what_no_part_can_be_is_refused_with_the_reason(part: object) -> None:
    """A plateau follows the results; a list inside a list says nothing that one list does not."""
    with pytest.raises(ValidationError, match=r"must follow from the step alone.*plateau|must be no composed one"):
        composed((1, part))
    with pytest.raises(ValidationError, match="at least 1 item"):
        composed()


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


@pytest.mark.parametrize("schedule", [*EVERY_PART, composed(*((1, part) for part in EVERY_PART))])
def test_a_run_of_one_step_has_a_rate(schedule: object) -> None:
    """Nothing divides by the number of steps after the first."""
    assert learning_rate(schedule, 0, 1) > 0
