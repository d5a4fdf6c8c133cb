"""End a run between two steps when it is asked to: Ctrl-C, or SIGTERM from a scheduler."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequested(KeyboardInterrupt):
    """A signal came, and the run is between two steps: its state is whole and can be kept."""


@contextmanager
def stop_requests(agree: Callable[[bool], bool] = bool) -> Iterator[Callable[[], None]]:
    """Hold SIGINT and SIGTERM back until the caller asks for them.

    An exception that a signal raises in the middle of a step may be swallowed by the library that runs it; one raised
    between two steps ends the run for sure. A second signal does not wait. Signals that the process was started to
    ignore stay ignored, and outside the main thread nothing is changed.

    Parameters
    ----------
    agree : callable
        Tells, from whether a signal has come, whether the run ends: the workers of a run have to end between the same steps.

    Yields
    ------
    callable
        Raises StopRequested when a signal has come.
    """
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    def check() -> None:
        if agree(bool(received)):
            raise StopRequested

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in SIGNALS}
    handled = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in handled:
        signal.signal(number, note)
    try:
        yield check
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
