"""Tell people that a run has ended: Apprise URLs from outside the model folder, a time limit, no secret in any text."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seg_common.errors import MissingDependencyError, SegError
from seg_common.redaction import without_secrets
from seg_train.errors import TrainingError
from seg_train.run_list import duration
from seg_train.run_sessions import last_provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seg_common.schema.training_record import TrainingRecord

URLS_VARIABLE = "SEG_NOTIFY"
FILE_VARIABLE = "SEG_NOTIFY_FILE"
DEADLINE = 8.0
"""Seconds that all receivers together have; a scheduler leaves little time after SIGTERM."""
TRACEBACK_LINES = 12


class Message(NamedTuple):
    """What a receiver gets."""

    title: str
    body: str


def notification_urls(model: Path) -> list[str]:
    """Find the Apprise URLs of whoever wants to know.

    `SEG_NOTIFY` holds URLs separated by spaces. `SEG_NOTIFY_FILE` names a file with one URL a line; without it
    ``seg/notify.txt`` in the user's configuration folder is read if it exists. Lines that begin with ``#`` are comments.

    Parameters
    ----------
    model : Path
        Model folder; the file must lie outside it, since model folders are handed on.

    Returns
    -------
    list of str
        Each URL once; empty when nobody asked.

    Raises
    ------
    TrainingError
        If the file that `SEG_NOTIFY_FILE` names cannot be read or lies inside the model folder.
    """
    urls = os.environ.get(URLS_VARIABLE, "").split()
    named = os.environ.get(FILE_VARIABLE)
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    file = Path(named) if named else configuration / "seg" / "notify.txt"
    if file.resolve().is_relative_to(model.resolve()):
        msg = f"URLs of notifications must lie outside the model folder; got {file}. Move the file and change {FILE_VARIABLE}."
        raise TrainingError(msg)
    if named or file.is_file():
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{FILE_VARIABLE} must name a text file; {file} cannot be read ({type(error).__name__}). Correct it or unset it."
            raise TrainingError(msg) from None
        urls += [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return list(dict.fromkeys(urls))


def require_apprise() -> None:
    """Raise MissingDependencyError, with the remedy, when Apprise is not installed."""
    try:
        import apprise  # noqa: F401 - only whether it is there
    except ImportError:
        msg = "notifications need Apprise; it is not installed. Run: pip install 'seg-train[notify]'."
        raise MissingDependencyError(msg) from None


def send(urls: Sequence[str], message: Message, *, seconds: float = DEADLINE) -> list[str]:
    """Send a message to all receivers at the same time, and give up on those that take too long.

    Parameters
    ----------
    urls : sequence of str
        Apprise URLs.
    message : Message
        What to send.
    seconds : float
        Time limit for all together.

    Returns
    -------
    list of str
        One line for each receiver that was not reached; it names the scheme of the URL and nothing else of it.

    Raises
    ------
    MissingDependencyError
        If Apprise is not installed.
    """
    require_apprise()
    answers: dict[int, str | None] = {}

    def deliver(index: int, url: str) -> None:
        try:
            answers[index] = _deliver(url, message)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the run must not suffer
            answers[index] = f"failed ({type(error).__name__})"

    # Threads of their own, since Apprise's pool would be waited for when Python ends.
    threads = [threading.Thread(target=deliver, args=pair, daemon=True, name="notify") for pair in enumerate(urls)]
    deadline = time.monotonic() + seconds
    with _quiet_libraries():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
    problems = []
    for index, url in enumerate(urls):
        answer = answers.get(index, f"did not answer within {seconds:g} s")
        if answer is not None:
            scheme = url.partition("://")[0] if "://" in url else "no scheme"
            problems.append(f"notification {index + 1} ({scheme}) {answer}")
    return problems


def _deliver(url: str, message: Message) -> str | None:
    """Send to one receiver; say what went wrong."""
    import apprise

    receiver = apprise.Apprise()
    if not receiver.add(url):
        return "is no URL that Apprise knows"
    return None if receiver.notify(title=message.title, body=message.body) else "was refused or not reached"


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Silence loggers that quote URLs; Apprise's stays silent, since a late answer would be logged after the deadline."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    requests = [logging.getLogger(name) for name in ("urllib3", "requests")]
    levels = [logger.level for logger in requests]
    for logger in requests:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(requests, levels, strict=True):
            logger.setLevel(level)


def outcome_message(record: TrainingRecord, model: Path, error: BaseException | None) -> Message:
    """Say how a run ended.

    Parameters
    ----------
    record : TrainingRecord
        The record as it was written last.
    model : Path
        Model folder.
    error : exception, optional
        What ended the run early; the last lines of its traceback are told when the run failed.

    Returns
    -------
    Message
        Run, status, host, duration, best score, last metrics.
    """
    result, host = record.result, last_provenance(record).hostname
    best = "none yet"
    if result.best_mean_jaccard is not None:
        best = f"{result.best_mean_jaccard:.4f} in epoch {result.best_epoch}"
    lines = [
        f"run: {record.config.name} ({record.model_id})",
        f"status: {record.status}" + (f": {record.reason}" if record.reason else ""),
        f"host: {host}",
        f"folder: {model.resolve()}",
        f"epochs: {result.epochs_done} of {record.config.epochs}",
        f"duration: {duration(record.seconds)}",
        f"best mean Jaccard: {best}",
    ]
    for key in ("loss", "validation_loss", "validation_mean_jaccard"):
        value = result.last.get(key)
        if value is not None:
            lines.append(f"last {key.replace('_', ' ')}: {value:.4f}")
    if record.status == "failed" and error is not None:
        lines += ["", *_end_of_traceback(error)]
    return Message(f"seg-train: {record.config.name} {record.status} on {host}", without_secrets("\n".join(lines)))


def refusal_message(name: str, model: Path, error: Exception) -> Message:
    """Say why a run could not begin, or go on; it has no record of that.

    Parameters
    ----------
    name : str
        The run.
    model : Path
        Model folder, which need not exist.
    error : exception
        What stopped it.
    """
    host = socket.gethostname()
    lines = [f"run: {name}", f"status: not trained: {error}", f"host: {host}", f"folder: {model.resolve()}"]
    if not isinstance(error, SegError):  # those say all in one line
        lines += ["", *_end_of_traceback(error)]
    return Message(f"seg-train: {name} was not trained on {host}", without_secrets("\n".join(lines)))


def _end_of_traceback(error: BaseException) -> list[str]:
    return "".join(traceback.format_exception(error)).splitlines()[-TRACEBACK_LINES:]
