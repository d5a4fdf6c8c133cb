"""What a terminal shows while a run trains: a bar for each epoch, one for its validation, and the time left of the whole run."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seg_common.cli_support import progress
from seg_train.run_list import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seg_common.schema.training import TrainingConfig

    Advance = Callable[..., None]

TRAINED_BATCH = 3.0
"""Work of a batch that is trained, in validated batches: the way back through a network is about twice the way forth."""


class RunProgress:
    """Bars of a run, on a terminal only.

    The time left is that of the work left, at the mean rate of this session. Pictures and checkpoints count in that rate; the
    first batch, which waits for the network to be compiled, does not.

    Parameters
    ----------
    config : TrainingConfig
        How long the run is.
    validation_steps : int
        Batches of the validation grid.
    quiet : bool
        Whether to show nothing.
    now : callable
        Seconds of a clock.
    """

    def __init__(
        self,
        config: TrainingConfig,
        validation_steps: int,
        *,
        quiet: bool,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._config, self._validation_steps, self._quiet, self._now = config, validation_steps, quiet, now
        self._step_work = TRAINED_BATCH * config.accumulate
        self._epoch_work = self._step_work * config.steps_per_epoch + validation_steps
        self._left = 0.0
        self._done = 0.0
        self._started: float | None = None

    @contextmanager
    def training(self, epoch: int) -> Iterator[Advance]:
        """Show the steps of an epoch, counted from 0.

        Yields
        ------
        callable
            ``advance(steps=1, note=None)``; `note` is a function that says how the epoch goes. Steps without one were done by an
            earlier session.
        """
        self._left = self._epoch_work * (self._config.epochs - epoch)
        name = f"Epoch {epoch + 1}/{self._config.epochs}"
        with progress(self._config.steps_per_epoch, name, quiet=self._quiet) as bar:
            yield self._counted(bar, self._step_work)

    @contextmanager
    def validation(self, epoch: int) -> Iterator[Advance]:
        """Show the batches of the validation after an epoch, as `training` does; the bar goes away at its end."""
        self._left = self._validation_steps + self._epoch_work * (self._config.epochs - epoch - 1)
        with progress(self._validation_steps, "Validation", quiet=self._quiet, transient=True) as bar:
            yield self._counted(bar, 1.0)

    def _counted(self, bar: Advance, work: float) -> Advance:
        def advance(steps: int = 1, note: Callable[[], str] | None = None) -> None:
            self._left -= steps * work
            if note is None:
                bar(steps)
                return
            if self._started is None:
                self._started = self._now()
            else:
                self._done += steps * work
            bar(steps, note=lambda: ", ".join(filter(None, (note(), self.time_left))))

        return advance

    @property
    def time_left(self) -> str:
        """Such as ``run: 1:12:00 left``; nothing before there is a rate, and ``at most`` when the run may stop early."""
        if self._started is None or not self._done:
            return ""
        seconds = self._left * (self._now() - self._started) / self._done
        return f"run: {'at most ' if self._config.early_stopping else ''}{duration(seconds)} left"
