"""When the learning rate falls: a fold over the validations, which a checkpoint can hold."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from seg_common.schema.optimization import PlateauSchedule
from seg_train.plateau import PlateauState
from seg_train.position import Position


def reductions(schedule: PlateauSchedule, values: list[float | None]) -> list[int]:
    """Times that the rate has fallen after each validation; the state goes through a checkpoint's text every time."""
    position, found = Position(), []
    for value in values:
        score, loss = (value, 9.0) if schedule.monitor == "mean_jaccard" else (0.5, value)
        plateau = position.plateau.after_epoch(schedule, mean_jaccard=score, loss=loss)
        position = Position.model_validate_json(Position(plateau=plateau).model_dump_json())
        found.append(position.plateau.reductions)
    return found


def test_the_rate_falls_after_so_many_epochs_without_a_better_score() -> None:
    """Patience 2: equal is no better, no score is no better, and waiting begins anew after each fall."""
    schedule = PlateauSchedule(patience=2)
    assert reductions(schedule, [0.5, 0.5, 0.4, 0.3, 0.2, 0.6, None, 0.6]) == [0, 0, 1, 1, 2, 2, 2, 3]


def test_a_loss_is_better_when_it_is_lower() -> None:
    """Patience 1: the second loss is higher, the third is the lowest so far."""
    schedule = PlateauSchedule(patience=1, monitor="loss")
    assert reductions(schedule, [0.5, 0.6, 0.4, 0.4]) == [0, 1, 1, 2]


def test_positions_from_before_there_were_plateaus_can_be_read() -> None:
    """Their text has no such key."""
    assert Position.model_validate_json('{"step": 3, "epochs_done": 1}').plateau == PlateauState()


def test_a_start_below_the_least_is_refused() -> None:
    """Such a rate would rise to the least at once."""
    with pytest.raises(ValidationError, match=r"start must be min or more; got start 0.1 and min 0.2"):
        PlateauSchedule(start=0.1, min=0.2)
