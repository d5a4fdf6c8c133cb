"""A fence around a tracker: it works in a thread of its own, and can neither stop nor delay the run."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from seg_common.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from seg_common.schema.training_record import TrainingRecord
    from seg_train.trackers.tracker import Tracker

MOST_WAITING = 64
"""Calls that may wait for a slow tracker before it is given up."""


class FencedTracker:
    """Hands the calls to a tracker in order; after its first failure, or when it hangs, it hears nothing more.

    Parameters
    ----------
    name : str
        Name in what is told.
    tracker : Tracker
        The tracker; all its methods are called in one thread.
    tell : callable
        Called once, in the thread of the run, with one line when the tracker is given up.
    """

    def __init__(self, name: str, tracker: Tracker, tell: Callable[[str], None]) -> None:
        self._name = name
        self._tracker = tracker
        self._tell = tell
        self._calls: queue.Queue[Callable[[], None] | None] = queue.Queue(MOST_WAITING)
        self._failure: str | None = None
        self._given_up = False
        self._thread = threading.Thread(target=self._work, daemon=True, name=f"tracker {name}")
        self._thread.start()

    def begin(self, record: TrainingRecord) -> None:
        """See `Tracker.begin`; returns at once, as all do but `wait`."""
        self._hand_over(lambda: self._tracker.begin(record))

    def epoch(self, epoch: int, metrics: Mapping[str, float], pictures: Sequence[Path]) -> None:
        """See `Tracker.epoch`."""
        self._hand_over(lambda: self._tracker.epoch(epoch, metrics, pictures))

    def end(self, record: TrainingRecord) -> None:
        """See `Tracker.end`; nothing may follow but `wait`."""
        self._hand_over(lambda: self._tracker.end(record))
        self._hand_over(None)

    def wait(self, seconds: float) -> None:
        """Wait until all calls are done, or give the tracker up."""
        if not self._given_up:
            self._thread.join(seconds)
            if self._thread.is_alive():
                self._give_up("did not write down its last numbers in time")
        self._notice_failure()

    def _hand_over(self, call: Callable[[], None] | None) -> None:
        self._notice_failure()
        if self._given_up:
            return
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            self._give_up("hangs")

    def _notice_failure(self) -> None:
        if self._failure is not None:
            self._give_up(f"failed ({self._failure})")

    def _give_up(self, why: str) -> None:
        if not self._given_up:
            self._given_up = True
            self._tell(f"warning: the tracker {self._name} {why}; the run goes on without it.")

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except BaseException as error:  # noqa: BLE001 - some libraries exit when they fail
                first = (str(error).splitlines() or [""])[0]
                self._failure = without_secrets(f"{type(error).__name__}: {first}")
                return
