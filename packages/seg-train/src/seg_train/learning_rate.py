"""Learning rate as a pure function of the step, and of how often a plateau was met."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, assert_never

from seg_common.schema.optimization import (
    ComposedSchedule,
    ConstantSchedule,
    CosineSchedule,
    LinearSchedule,
    LogSchedule,
    PlateauSchedule,
)

if TYPE_CHECKING:
    from seg_common.schema.optimization import Schedule


def learning_rate(schedule: Schedule, step: int, total_steps: int, reductions: int = 0) -> float:
    """Learning rate of one step.

    Parameters
    ----------
    schedule : ConstantSchedule, LinearSchedule, LogSchedule, CosineSchedule, PlateauSchedule or ComposedSchedule
        Its configuration.
    step : int
        Step of the run, from 0.
    total_steps : int
        Steps of the whole run; the last one is ``total_steps - 1``.
    reductions : int
        Times that a plateau has been met; other schedules know none.

    Returns
    -------
    float
        Learning rate, positive but for a schedule that ends at 0.

    Examples
    --------
    >>> learning_rate(LinearSchedule(start=1.0, end=0.5), step=1, total_steps=3)
    0.75
    """
    last = max(total_steps - 1, 1)
    match schedule:
        case ConstantSchedule():
            return schedule.value
        case LinearSchedule():
            return schedule.start + (schedule.end - schedule.start) * step / last
        case LogSchedule():
            return float(schedule.start ** (1 - step / last) * schedule.end ** (step / last))
        case CosineSchedule():
            rising = round(schedule.warmup_fraction * total_steps)
            if step < rising:
                return schedule.peak * (step + 1) / rising
            progress = (step - rising) / max(last - rising, 1)
            return schedule.end + (schedule.peak - schedule.end) * (1 + math.cos(math.pi * progress)) / 2
        case PlateauSchedule():
            return max(schedule.start * schedule.factor**reductions, schedule.min)
        case ComposedSchedule():
            steps = part_steps(schedule, total_steps)
            part = next(index for index, own in enumerate(steps) if step in own)
            return learning_rate(schedule.parts[part].schedule, step - steps[part].start, len(steps[part]))
        case _:
            assert_never(schedule)


def part_steps(schedule: ComposedSchedule, total_steps: int) -> list[range]:
    """Divide the steps of a run among the parts of a composed schedule.

    Parameters
    ----------
    schedule : ComposedSchedule
        Its configuration.
    total_steps : int
        Steps of the whole run.

    Returns
    -------
    list of range
        The steps of each part: all steps once, in order. A part with a tiny share may have none.

    Examples
    --------
    >>> parts = [{"share": 1, "schedule": LinearSchedule()}, {"share": 2, "schedule": CosineSchedule()}]
    >>> part_steps(ComposedSchedule(parts=parts), total_steps=9)
    [range(0, 3), range(3, 9)]
    """
    largest = max(part.share for part in schedule.parts)
    ends = list(accumulate(part.share / largest for part in schedule.parts))
    return [range(*pair) for pair in pairwise(round(total_steps * end / ends[-1]) for end in (0.0, *ends))]
