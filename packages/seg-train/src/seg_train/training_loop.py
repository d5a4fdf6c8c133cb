"""The epochs of a run: train, validate, write down, keep."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.counting.confusion_scores import ConfusionScores, scores_from_confusion
from seg_common.provenance import peak_memory_bytes
from seg_train.errors import TrainingError
from seg_train.learning_rate import learning_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from seg_common.schema.training import TrainingConfig
    from seg_train.batch_queue import BatchQueue
    from seg_train.history import Row
    from seg_train.losses.voxel_loss import Loss
    from seg_train.training_steps import TrainingSteps


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
    epoch: int,
    advance: Callable[..., None],
    check_stop: Callable[[], None],
) -> EpochTotals:
    """Train one epoch.

    Parameters
    ----------
    steps : TrainingSteps
        Compiled steps.
    queue : BatchQueue
        Training batches by the step of the run.
    config : TrainingConfig
        Its length and learning rate.
    epoch : int
        Epoch of the run, from 0.
    advance : callable
        Progress bar, see `seg_common.cli_support.progress`.
    check_stop : callable
        Called between two steps; raises to end the run.

    Returns
    -------
    EpochTotals
        Loss and counts before each step's update.

    Raises
    ------
    TrainingError
        If the loss is not finite.
    """
    first = epoch * config.steps_per_epoch
    stop = first + config.steps_per_epoch
    total_steps = config.epochs * config.steps_per_epoch
    losses = []
    confusion: NDArray[np.int64] | None = None
    for step, batch in zip(range(first, stop), queue.batches(first, stop), strict=True):
        loss, counts = steps.train(batch, learning_rate(config.learning_rate, step, total_steps))
        losses.append(float(loss))
        if not math.isfinite(losses[-1]):
            msg = f"the loss must be finite; got {losses[-1]} in step {step}. Lower learning_rate, or check the grey levels."
            raise TrainingError(msg)
        confusion = counts.numpy() if confusion is None else confusion + counts.numpy()
        advance(note=f"loss {losses[-1]:.4f}")
        check_stop()
    assert confusion is not None
    return EpochTotals(sum(losses) / len(losses), confusion)


def validate_epoch(
    steps: TrainingSteps, queue: BatchQueue, batches: int, loss: Loss, check_stop: Callable[[], None]
) -> EpochTotals:
    """Measure the validation grid, each position once; the loss is that of all its crops together."""
    totals = np.zeros(loss.size)
    confusion: NDArray[np.int64] | None = None
    for batch in queue.batches(0, batches):
        sums, counts = steps.validate(batch)
        totals += sums.numpy()
        confusion = counts.numpy() if confusion is None else confusion + counts.numpy()
        check_stop()
    assert confusion is not None
    return EpochTotals(float(loss.of_sums(totals)), confusion)


def history_row(
    config: TrainingConfig, epoch: int, training: EpochTotals, validation: EpochTotals, class_names: list[str]
) -> Row:
    """Columns of `history.csv` for one epoch, counted from 1 there."""
    done = (epoch + 1) * config.steps_per_epoch
    crops = done * config.batch_size
    row: Row = {
        "epoch": epoch + 1,
        "step": done,
        "learning_rate": learning_rate(config.learning_rate, done - 1, config.epochs * config.steps_per_epoch),
        "crops": crops,
        "voxels": crops * math.prod(config.crops.shape),
        "batch_size": config.batch_size,
    }
    for axis, side in zip("zyx", config.crops.shape, strict=True):
        row[f"crop_{axis}"] = side
    for prefix, totals in (("", training), ("validation_", validation)):
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
    """Time of one epoch, and the share of it that the network waited for crops."""

    def __init__(self, queue: BatchQueue) -> None:
        self._queue = queue
        self._started = time.perf_counter()
        self._waited = queue.waited
        self._trained: float | None = None

    def training_ended(self) -> None:
        """Note the end of the training steps."""
        self._trained = time.perf_counter()

    def row(self, config: TrainingConfig, epoch: int) -> Row:
        """Columns of `timing.csv`."""
        ended = time.perf_counter()
        trained = self._trained or ended
        seconds = trained - self._started
        voxels = config.steps_per_epoch * config.batch_size * math.prod(config.crops.shape)
        return {
            "epoch": epoch + 1,
            "training_seconds": round(seconds, 3),
            "validation_seconds": round(ended - trained, 3),
            "voxels_per_second": round(voxels / seconds, 1),
            "data_wait_share": round((self._queue.waited - self._waited) / seconds, 4),
            "peak_memory_bytes": peak_memory_bytes(),
        }
