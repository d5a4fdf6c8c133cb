"""Learning rate as a pure function of the step, and of how often a plateau was met."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, assert_never

from seg_common.schema.optimization import ConstantSchedule, CosineSchedule, LinearSchedule, PlateauSchedule

if TYPE_CHECKING:
    from seg_common.schema.optimization import Schedule


def learning_rate(schedule: Schedule, step: int, total_steps: int, reductions: int = 0) -> float:
    """Learning rate of one step.

    Parameters
    ----------
    schedule : ConstantSchedule, LinearSchedule, CosineSchedule or PlateauSchedule
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
        case CosineSchedule():
            rising = round(schedule.warmup_fraction * total_steps)
            if step < rising:
                return schedule.peak * (step + 1) / rising
            progress = (step - rising) / max(last - rising, 1)
            return schedule.end + (schedule.peak - schedule.end) * (1 + math.cos(math.pi * progress)) / 2
        case PlateauSchedule():
            return max(schedule.start * schedule.factor**reductions, schedule.min)
        case _:
            assert_never(schedule)
