"""Where a run stands: with the variables of network and optimizer it is all that has to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from seg_common.schema.optimization import PlateauSchedule
from seg_train.plateau import PlateauState

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_common.schema.training import TrainingConfig
    from seg_train.training_loop import EpochTotals


class TimeOfSteps(BaseModel):
    """What the steps of the epoch under way took, in all sessions that trained them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = 0
    """Steps whose time is known; checkpoints of before it was kept have none."""
    seconds: float = 0.0
    """Time that they took."""
    waited: float = 0.0
    """Seconds of it that the network waited for crops."""


class Position(BaseModel):
    """A place between two steps of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: int = 0
    """Steps done. Steps draw their crops by this number, so the crop stream has no other state."""
    epochs_done: int = 0
    """Complete epochs."""
    best_epoch: int | None = None
    """Epoch of the best validation score, counted from 1."""
    best_mean_jaccard: float | None = None
    """That score."""
    best_digest: str | None = None
    """Digest of its weights; None in checkpoints of before it was kept."""
    plateau: PlateauState = PlateauState()
    """What a schedule that waits for plateaus has seen."""
    losses: tuple[float, ...] = ()
    """Losses of the steps done in the epoch under way."""
    confusion: tuple[tuple[int, ...], ...] | None = None
    """Counts of those steps by (reference class, predicted class); None before the first."""
    time: TimeOfSteps = TimeOfSteps()
    """Time of those steps, which no result depends on."""


def after_epoch(
    position: Position, config: TrainingConfig, step: int, validated: EpochTotals, digest: Callable[[], str]
) -> Position:
    """Go on to the end of an epoch.

    Parameters
    ----------
    position : Position
        Where the run stood when the epoch began.
    config : TrainingConfig
        Its schedule may wait for plateaus.
    step : int
        Steps of the run that are done.
    validated : EpochTotals
        Loss and counts of the validation; the first of equal scores stays the best.
    digest : callable
        Gives the digest of the validated network, if it is the best so far.
    """
    mean_jaccard, plateau = validated.scores.mean_jaccard, position.plateau
    if isinstance(config.learning_rate, PlateauSchedule):
        plateau = plateau.after_epoch(config.learning_rate, mean_jaccard=mean_jaccard, loss=validated.loss)
    epochs_done = position.epochs_done + 1
    best = position.best_epoch, position.best_mean_jaccard, position.best_digest
    if position.best_epoch is None or (mean_jaccard or 0) > (position.best_mean_jaccard or 0):
        best = epochs_done, mean_jaccard, digest()
    return Position(
        step=step,
        epochs_done=epochs_done,
        best_epoch=best[0],
        best_mean_jaccard=best[1],
        best_digest=best[2],
        plateau=plateau,
    )
