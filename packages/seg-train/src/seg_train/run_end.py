"""What happens when a run ends, or cannot begin: a line in the results log, a message to whoever wants to know."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from seg_common.errors import SegError
from seg_common.redaction import without_secrets
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_train.notifications import notification_urls, outcome_message, refusal_message, require_apprise, send
from seg_train.results_file import append_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seg_common.model_paths import ModelPaths
    from seg_train.notifications import Message


@contextmanager
def announced_end(paths: ModelPaths, tell: Callable[[str], None]) -> Iterator[None]:
    """Log and announce the end of a run; nothing that goes wrong with either reaches the run.

    Enter it before the context that writes the outcome into the record: the record is read back from the disk, so a
    message never tells what was not written.

    Parameters
    ----------
    paths : ModelPaths
        Model folder with a record.
    tell : callable
        Called with one line for each thing that did not work.
    """
    urls = _known_urls(paths, tell)
    try:
        yield
    except BaseException as error:
        _announce(paths, urls, error, tell)
        raise
    _announce(paths, urls, None, tell)


@contextmanager
def announced_refusal(name: str, paths: ModelPaths, tell: Callable[[str], None], *, heard: bool) -> Iterator[None]:
    """Announce that a run could not begin, or go on: a job may have waited in a queue for hours before it tried.

    Neither the record nor the results log is touched, since nothing was trained.

    Parameters
    ----------
    name : str
        The run.
    paths : ModelPaths
        Its folder, which need not exist.
    tell : callable
        Called with one line for each receiver that was not reached.
    heard : bool
        Whether this process announces anything; of several workers, only the chief does.
    """
    try:
        yield
    except Exception as error:
        if heard and (urls := _known_urls(paths, tell)):
            _send(urls, refusal_message(name, paths.root, error), tell)
        raise


def _known_urls(paths: ModelPaths, tell: Callable[[str], None]) -> list[str]:
    """Find the URLs before training, when there is still time to mend them."""
    try:
        urls = notification_urls(paths.root)
        if urls:
            require_apprise()
    except SegError as error:
        tell(f"warning: {error}")
        return []
    return urls


def _announce(paths: ModelPaths, urls: list[str], error: BaseException | None, tell: Callable[[str], None]) -> None:
    try:
        record = read_document(paths.metadata, TrainingRecord)
    except (SegError, OSError) as problem:
        tell(f"warning: the end of the run is not announced: {problem}")
        return
    try:
        append_result(paths.root, record)
    except (SegError, OSError) as problem:
        tell(f"warning: the results log was not written: {problem}")
    if urls:
        _send(urls, outcome_message(record, paths.root, error), tell)


def _send(urls: list[str], message: Message, tell: Callable[[str], None]) -> None:
    try:
        problems = send(urls, message)
    except Exception as problem:  # noqa: BLE001 - whatever a library does, the run has its result
        problems = [without_secrets(f"notifications failed ({type(problem).__name__})")]
    for text in problems:
        tell(f"warning: {text}.")
