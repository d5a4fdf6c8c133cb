"""A learning rate that falls when the validation gets no better: a pure function of the epochs so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from seg_common.schema.optimization import PlateauSchedule


class PlateauState(BaseModel):
    """What a checkpoint keeps of the validations so far."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reductions: int = 0
    """Times that the learning rate has fallen."""
    best: float | None = None
    """Best value so far."""
    waited: int = 0
    """Epochs since the best value, or since the learning rate fell."""

    def after_epoch(self, schedule: PlateauSchedule, *, mean_jaccard: float | None, loss: float) -> Self:
        """Take in the validation of one more epoch.

        Parameters
        ----------
        schedule : PlateauSchedule
            What is compared, and how long is waited.
        mean_jaccard : float or None
            Score of the validation region; None is no better than anything.
        loss : float
            Its loss.

        Returns
        -------
        PlateauState
            The first of equal values stays the best.
        """
        value = mean_jaccard if schedule.monitor == "mean_jaccard" else loss
        if value is not None and self._is_better(value, schedule):
            return self.model_copy(update={"best": value, "waited": 0})
        if self.waited + 1 < schedule.patience:
            return self.model_copy(update={"waited": self.waited + 1})
        return self.model_copy(update={"reductions": self.reductions + 1, "waited": 0})

    def _is_better(self, value: float, schedule: PlateauSchedule) -> bool:
        if self.best is None:
            return True
        return value > self.best if schedule.monitor == "mean_jaccard" else value < self.best
