"""Signals end a run between two steps, and only there."""

from __future__ import annotations

import signal
import threading

import pytest

from seg_train.stop_requests import stop_requests


@pytest.fixture(autouse=True)
def handlers():
    """The handlers of a process at a terminal, whatever started the tests."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_it_is_asked_for(number: int) -> None:
    """The step goes on; the check after it ends the run."""
    with stop_requests() as check:
        check()
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            check()


def test_a_second_signal_does_not_wait() -> None:
    """Who presses Ctrl-C twice means it."""
    with stop_requests():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_handlers_come_back() -> None:
    """Afterwards signals do what they did before."""
    with stop_requests():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_signal_stays_ignored() -> None:
    """A run started in the background of a script is not ended by Ctrl-C in the foreground."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stop_requests() as check:
        signal.raise_signal(signal.SIGINT)
        check()


def test_other_threads_change_nothing() -> None:
    """Only the main thread may set handlers; a run in another one works without."""
    problems: list[BaseException] = []

    def run() -> None:
        try:
            with stop_requests() as check:
                check()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            problems.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert problems == []
