"""The epochs of a run: train, validate, write down, keep."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from seg_common.counting.confusion_scores import ConfusionScores, scores_from_confusion
from seg_common.provenance import peak_memory_bytes
from seg_train.errors import TrainingError
from seg_train.learning_rate import learning_rate
from seg_train.position import TimeOfSteps

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from seg_common.schema.training import TrainingConfig
    from seg_train.batch_queue import BatchQueue
    from seg_train.history import Row
    from seg_train.losses.voxel_loss import Loss
    from seg_train.position import Position
    from seg_train.training_steps import TrainingSteps


class EpochUnderWay:
    """Sums over the steps of an epoch so far; a checkpoint between two steps holds them.

    Parameters
    ----------
    position : Position
        Where the run stands: before the epoch's first step, or between two of its steps.
    """

    def __init__(self, position: Position) -> None:
        self._begun = position
        self.step = position.step
        """Steps of the run that are done."""
        self._losses = list(position.losses)
        self._confusion = None if position.confusion is None else np.array(position.confusion, np.int64)
        self.watch: Stopwatch | None = None
        """What takes the time of the epoch, once it goes on."""

    def add(self, loss: float, confusion: NDArray[np.int64]) -> None:
        """Add a step."""
        self.step += 1
        self._losses.append(loss)
        self._confusion = confusion if self._confusion is None else self._confusion + confusion

    @property
    def position(self) -> Position:
        """Where the run stands now."""
        confusion = None if self._confusion is None else tuple(map(tuple, self._confusion.tolist()))
        stand = {"step": self.step, "losses": tuple(self._losses), "confusion": confusion}
        if self.watch is not None:
            stand["time"] = self.watch.time_of_steps(self.step)
        return self._begun.model_copy(update=stand)

    @property
    def reductions(self) -> int:
        """Times that a plateau had lowered the learning rate when the epoch began."""
        return self._begun.plateau.reductions

    @property
    def totals(self) -> EpochTotals:
        """Loss and counts of the steps done, of which there must be one."""
        assert self._confusion is not None
        return EpochTotals(sum(self._losses) / len(self._losses), self._confusion)

    @property
    def words(self) -> str:
        """How the epoch goes so far."""
        totals = self.totals
        return f"loss {totals.loss:.4f}, {_mean_jaccard(totals.confusion)}"


@dataclass(frozen=True)
class EpochTotals:
    """Sums over an epoch; scores are computed from them once."""

    loss: float
    """Mean loss of the training steps, or the loss of the whole validation grid."""
    confusion: NDArray[np.int64]
    """Voxels by (reference class, predicted class)."""

    @property
    def scores(self) -> ConfusionScores:
        """Scores of the epoch."""
        return scores_from_confusion(self.confusion)


def train_epoch(
    steps: TrainingSteps,
    queue: BatchQueue,
    config: TrainingConfig,
    under_way: EpochUnderWay,
    advance: Callable[..., None],
    after_step: Callable[[], None],
) -> None:
    """Train the steps of one epoch that are left.

    Parameters
    ----------
    steps : TrainingSteps
        Compiled steps.
    queue : BatchQueue
        Training batches by the step of the run.
    config : TrainingConfig
        Its length and learning rate.
    under_way : EpochUnderWay
        What was done of the epoch; loss and counts before each step's update are added.
    advance : callable
        Progress bar, see `RunProgress.training`.
    after_step : callable
        Called between two steps; raises to end the run.

    Raises
    ------
    TrainingError
        If the loss is not finite.
    """
    first = under_way.step
    done = under_way.position.epochs_done * config.steps_per_epoch
    stop = done + config.steps_per_epoch
    total_steps = config.epochs * config.steps_per_epoch
    if first > done:
        advance(first - done)
    for step, batch in zip(range(first, stop), queue.batches(first, stop), strict=True):
        rate = learning_rate(config.learning_rate, step, total_steps, under_way.reductions)
        tensor, counts = steps.train(batch, rate)
        loss = float(tensor)
        if not math.isfinite(loss):
            msg = f"the loss must be finite; got {loss} in step {step}. Lower learning_rate, or check the grey levels."
            raise TrainingError(msg)
        under_way.add(loss, counts.numpy())
        advance(note=lambda: under_way.words)
        after_step()


def validate_epoch(
    steps: TrainingSteps,
    queue: BatchQueue,
    batches: int,
    loss: Loss,
    advance: Callable[..., None],
    check_stop: Callable[[], None],
) -> EpochTotals:
    """Measure the validation grid, each position once; the loss is that of all its crops together.

    Parameters
    ----------
    steps : TrainingSteps
        Compiled steps.
    queue : BatchQueue
        Batches of the grid.
    batches : int
        How many.
    loss : Loss
        Made of the sums over all batches.
    advance : callable
        Progress bar, see `RunProgress.validation`.
    check_stop : callable
        Called between two batches; raises to end the run.

    Raises
    ------
    TrainingError
        If the loss is not finite.
    """
    totals = np.zeros(loss.size)
    confusion: NDArray[np.int64] | None = None
    for batch in queue.batches(0, batches):
        sums, counts = steps.validate(batch)
        totals += sums.numpy()
        confusion = counts.numpy() if confusion is None else confusion + counts.numpy()
        advance(note=partial(_mean_jaccard, confusion))
        check_stop()
    assert confusion is not None
    of_all = float(loss.of_sums(totals))
    if not math.isfinite(of_all):
        msg = f"the loss of the validation must be finite; got {of_all}. Lower learning_rate, or train in precision: bfloat16."
        raise TrainingError(msg)
    return EpochTotals(of_all, confusion)


def _mean_jaccard(confusion: NDArray[np.int64]) -> str:
    score = scores_from_confusion(confusion).mean_jaccard
    return "mean Jaccard none" if score is None else f"mean Jaccard {score:.4f}"


def history_row(
    config: TrainingConfig, under_way: EpochUnderWay, validation: EpochTotals, class_names: list[str]
) -> Row:
    """Columns of `history.csv` for an epoch whose steps are all done."""
    done = under_way.step
    crops = done * config.crops_per_step
    total_steps = config.epochs * config.steps_per_epoch
    row: Row = {
        "epoch": done // config.steps_per_epoch,
        "step": done,
        "learning_rate": learning_rate(config.learning_rate, done - 1, total_steps, under_way.reductions),
        "crops": crops,
        "voxels": crops * math.prod(config.crops.shape),
        "batch_size": config.crops_per_batch,
    }
    for axis, side in zip("zyx", config.crops.shape, strict=True):
        row[f"crop_{axis}"] = side
    for prefix, totals in (("", under_way.totals), ("validation_", validation)):
        scores = totals.scores
        row[f"{prefix}loss"] = totals.loss
        row[f"{prefix}accuracy"] = scores.accuracy
        row[f"{prefix}mean_jaccard"] = scores.mean_jaccard
        for index, name in enumerate(class_names):
            row[f"{prefix}jaccard_{name}"] = scores.jaccard[index]
            row[f"{prefix}precision_{name}"] = scores.precision[index]
            row[f"{prefix}recall_{name}"] = scores.recall[index]
    return row


class Stopwatch:
    """Time of one epoch over all sessions that train it, and the share of it that the network waits for crops.

    Parameters
    ----------
    queue : BatchQueue
        Training batches.
    position : Position
        Where the run stands: before the epoch's first step, or between two of its steps.
    """

    def __init__(self, queue: BatchQueue, position: Position) -> None:
        self._queue = queue
        self._first_step = position.step
        self._before = position.time
        self._started = time.perf_counter()
        self._waited = queue.waited
        self._trained: float | None = None

    def training_ended(self) -> None:
        """Note the end of the training steps."""
        self._trained = time.perf_counter()

    def time_of_steps(self, step: int) -> TimeOfSteps:
        """Time of the epoch's steps until one of them."""
        return TimeOfSteps(
            steps=self._before.steps + step - self._first_step,
            seconds=self._before.seconds + (self._trained or time.perf_counter()) - self._started,
            waited=self._before.waited + self._queue.waited - self._waited,
        )

    def row(self, config: TrainingConfig, epoch: int, step: int) -> Row:
        """Columns of `timing.csv` after a step."""
        ended = time.perf_counter()
        training = self.time_of_steps(step)
        voxels = training.steps * config.crops_per_step * math.prod(config.crops.shape)
        return {
            "epoch": epoch + 1,
            "training_seconds": round(training.seconds, 3),
            "validation_seconds": round(ended - (self._trained or ended), 3),
            "voxels_per_second": round(voxels / training.seconds, 1),
            "data_wait_share": round(training.waited / training.seconds, 4),
            "peak_memory_bytes": peak_memory_bytes(),
        }
