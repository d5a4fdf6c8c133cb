"""What a run writes into its model folder, apart from tables, checkpoints and pictures."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_folder, atomic_write_text, left_by_kills
from seg_common.errors import OutputExistsError
from seg_common.model_paths import ModelPaths
from seg_common.redaction import without_secrets
from seg_common.yaml_documents import write_document
from seg_train.checkpoints import write_checkpoint
from seg_train.errors import InterruptedRunError, TrainingError
from seg_train.position import Position
from seg_train.stop_requests import StopRequested
from seg_train.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from seg_common.schema.training_record import TrainingRecord
    from seg_train.region_statistics import RegionStatistics


def refuse_existing_model(paths: ModelPaths, *, overwrite: bool) -> None:
    """Raise OutputExistsError when the folder exists and may not be replaced; only a model folder ever may."""
    root = paths.root
    if not overwrite and (way_back := paths.way_back()):
        msg = f"a model folder is never overwritten unasked; {root} is missing. {way_back}; or give --overwrite."
        raise OutputExistsError(msg)
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return
    if not overwrite:
        msg = (
            f"a model folder is never overwritten unasked; {root} exists. Choose another --output or give --overwrite."
        )
        raise OutputExistsError(msg)
    if not paths.metadata.is_file():
        msg = f"only a model folder may be overwritten; {root} has no {paths.metadata.name}. Choose another --output."
        raise OutputExistsError(msg)


def tell_leftovers(paths: ModelPaths, tell: Callable[[str], None]) -> None:
    """Name what killed runs left beside the folder: a model that was being replaced, unfinished beginnings.

    Nothing of it is touched. Call it while no other process can be replacing the folder.
    """
    left = [*left_by_kills(paths.root, "replaced"), *left_by_kills(paths.root, "partial")]
    if left:
        tell(
            f"warning: runs that were killed when they began left {', '.join(map(str, left))}; nothing reads that. "
            "Delete what you do not miss."
        )


def begin_folder(
    paths: ModelPaths,
    record: TrainingRecord,
    statistics: RegionStatistics,
    variables: Sequence[Any],
    *,
    overwrite: bool,
) -> None:
    """Make the folder, in the place of an old one if that is asked for, with what is known before training and a first checkpoint.

    It appears whole or not at all: a run that has a folder can be resumed.
    """
    if paths.root.is_dir() and not any(paths.root.iterdir()):
        paths.root.rmdir()
    with atomic_folder(paths.root, overwrite=overwrite, marks=(paths.metadata.name,)) as folder:
        begun = ModelPaths(root=folder)
        write_document(begun.config, record.config)
        write_document(begun.training_histogram, statistics.histogram)
        write_record(begun, record)
        write_checkpoint(begun, Position(), variables)


def write_record(paths: ModelPaths, record: TrainingRecord) -> None:
    """Write the record for programs and for people."""
    write_document(paths.metadata, record, overwrite=True)
    atomic_write_text(paths.summary, summarise(record), overwrite=True)


def remove_leftovers(paths: ModelPaths) -> None:
    """Remove temporary files, and folders of exports, that a kill left behind."""
    for leftover in list(paths.root.rglob(".*.partial*")):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


@contextmanager
def recorded_outcome(
    paths: ModelPaths, record: Callable[[], TrainingRecord], keep: Callable[[], None], go_on: str
) -> Iterator[None]:
    """Write into the record why a run ended early; `keep` writes a checkpoint when it ended between two steps.

    An interrupted run is told to go on with the command `go_on`.
    """
    try:
        try:
            yield
        except StopRequested:
            keep()
            raise
    except KeyboardInterrupt as request:
        write_record(paths, record().model_copy(update={"status": "interrupted", "reason": "interrupted by the user"}))
        done = record().result.epochs_done
        msg = f"interrupted after {done} complete epochs. Go on with: {go_on}"
        raise (InterruptedRunError if isinstance(request, StopRequested) else TrainingError)(msg) from None
    except Exception as error:
        # Model folders are handed on, and libraries like to quote addresses with their passwords.
        reason = without_secrets(f"{type(error).__name__}: {error}")
        write_record(paths, record().model_copy(update={"status": "failed", "reason": reason}))
        raise
