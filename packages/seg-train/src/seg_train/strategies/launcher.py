"""Start the workers of a run on this machine, and end them together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from seg_train.errors import TrainingError
from seg_train.strategies.cluster import free_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
LAST_LINES = 5
"""Lines of a failed worker that are repeated."""
LAST_SIGNAL = 3
"""The signal that no worker is asked about any more."""
POLL = 0.05
"""Seconds between two looks at the workers."""


def launch(
    command: Sequence[str],
    workers: int,
    *,
    tell: Callable[[str], None],
    notice: float = 20.0,
    grace: float = 60.0,
) -> None:
    """Run a command once for each worker, with a TF_CONFIG that names them all.

    The chief has the terminal. Lines of the other workers are told with the worker's number in front. SIGINT, SIGTERM and
    SIGHUP are passed on, and workers may take their time to end after a step; the third signal kills them.

    Parameters
    ----------
    command : sequence of str
        What each worker runs.
    workers : int
        How many.
    tell : callable
        Called with each line of the workers that are not the chief.
    notice : float
        Seconds that the others have, after one has failed, to notice it and write down why they end; then they are asked to.
    grace : float
        Seconds that they have to end from there on; then they are killed.

    Raises
    ------
    TrainingError
        If a worker fails: the others are ended then; or if a signal ended all of them.
    """
    addresses = free_addresses(workers)
    started: list[_Worker] = []
    with _signals() as received:
        try:
            started.extend(_Worker(command, addresses, index, tell) for index in range(workers))
            while not received and any(worker.running for worker in started) and not _failed(started):
                time.sleep(POLL)
            failed = [] if received else _failed(started)
            if failed:
                _wait(started, received, notice)
            _end(started, received, grace)
        finally:
            for worker in started:
                worker.kill()
    if failed:
        reports = "; ".join(worker.report for worker in failed)
        msg = f"all {workers} workers must end well; {reports}. The others were ended. Correct it, then start again or resume."
        raise TrainingError(msg)
    if _failed(started):
        msg = f"the {workers} workers were ended by a signal. Go on with: seg-train launch -n {workers} resume MODEL"
        raise TrainingError(msg)


class _Worker:
    """One process; those that are not the chief are read line by line."""

    def __init__(
        self, command: Sequence[str], addresses: Sequence[str], index: int, tell: Callable[[str], None]
    ) -> None:
        cluster = {"cluster": {"worker": list(addresses)}, "task": {"type": "worker", "index": index}}
        self._index = index
        self._tell = tell
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        chief = index == 0
        self._process = subprocess.Popen(
            command,
            env={**os.environ, "TF_CONFIG": json.dumps(cluster)},
            stdin=subprocess.DEVNULL,
            stdout=None if chief else subprocess.PIPE,
            stderr=None if chief else subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C reaches the launcher alone, which passes it on once: a second one would end a worker at once.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def status(self) -> int | None:
        return self._process.poll()

    @property
    def report(self) -> str:
        """How it ended, and its last words."""
        status = self.status or 0
        how = f"status {status}" if status > 0 else f"signal {signal.Signals(-status).name}"
        self._reader.join(timeout=1)
        words = "it says why above" if self._index == 0 else " / ".join(self._last) or "without a word"
        return f"worker {self._index} ended with {how} ({words})"

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """Make sure that it is gone, and everything that it said is told."""
        if self.running:
            self._process.kill()
        self._process.wait()
        self._reader.join(timeout=1)

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as lines:
            for line in lines:
                self._last.append(line.rstrip())
                self._tell(f"worker {self._index}: {line.rstrip()}")


def _failed(workers: Sequence[_Worker]) -> list[_Worker]:
    return [worker for worker in workers if worker.status]


def _wait(workers: Sequence[_Worker], received: list[int], seconds: float) -> None:
    """Let the workers end by themselves: a signal would cut short what they write about the one that they lost."""
    deadline = time.monotonic() + seconds
    while any(worker.running for worker in workers) and not received and time.monotonic() < deadline:
        time.sleep(POLL)


def _end(workers: Sequence[_Worker], received: list[int], grace: float) -> None:
    """Ask those that still run to end, as the launcher was asked."""
    number = signal.SIGINT if received[:1] == [signal.SIGINT] else signal.SIGTERM
    sent = 0
    deadline = time.monotonic() + grace
    while any(worker.running for worker in workers) and len(received) < LAST_SIGNAL:
        if not received and time.monotonic() > deadline:
            return
        if sent < max(len(received), 1):
            sent += 1
            for worker in workers:
                worker.send(number)
        time.sleep(POLL)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the signals that would end this process; outside the main thread there are none."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    handled = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    for number in handled:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield received
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)


def command_of_workers(words: Sequence[str]) -> list[str]:
    """Command that runs seg-train in a process of its own, whether or not its script is on the path."""
    start = "import sys; sys.argv[0] = 'seg-train'; from seg_train.cli import main; main()"
    return [sys.executable, "-c", start, *words]
