"""Choose trackers by name, and tell them about a run from its beginning to its end."""

from __future__ import annotations

import time
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from seg_common.errors import MissingDependencyError, SegError
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_train.errors import TrainingError
from seg_train.trackers.fence import FencedTracker
from seg_train.trackers.mlflow_run import MlflowTracker
from seg_train.trackers.tensorboard import TensorBoardTracker
from seg_train.trackers.weights_and_biases import WandbTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from seg_common.model_paths import ModelPaths
    from seg_train.history import Row
    from seg_train.trackers.tracker import Tracker

TRACKERS: dict[str, Callable[[Path], Tracker]] = {
    "tensorboard": TensorBoardTracker,
    "wandb": WandbTracker,
    "mlflow": MlflowTracker,
}
"""Trackers by name; the name is also that of the library and of the extra that installs it."""
NOT_METRICS = {"epoch", "batch_size", "crop_z", "crop_y", "crop_x"}
"""Columns of a history row that are the same in every epoch, or the epoch itself."""
LAST_SECONDS = 10.0
"""Time that all trackers together have at the end of the run to write down the rest."""


def require_trackers(names: Sequence[str]) -> None:
    """Refuse trackers that do not exist or are not installed, before anything is written.

    Raises
    ------
    TrainingError
        If a name is unknown.
    MissingDependencyError
        If a tracker's library is not installed.
    """
    for name in names:
        if name not in TRACKERS:
            msg = f"a tracker must be one of {', '.join(TRACKERS)}; got {name!r}. Correct --track."
            raise TrainingError(msg)
        if find_spec(name) is None:
            msg = f"the tracker {name} needs its library; it is not installed. Run: pip install 'seg-train[{name}]'."
            raise MissingDependencyError(msg)


def installed_trackers(names: Sequence[str], tell: Callable[[str], None]) -> list[str]:
    """Keep the trackers whose libraries are here, and tell of each other: a run goes on without it.

    Parameters
    ----------
    names : sequence of str
        Trackers that watched a run before, maybe on another machine.
    tell : callable
        Called with one line for each tracker that is left out.
    """
    kept = []
    for name in names:
        try:
            require_trackers([name])
        except SegError as problem:
            tell(f"warning: {problem} The run goes on without it.")
        else:
            kept.append(name)
    return kept


@contextmanager
def tracked_run(
    names: Sequence[str], paths: ModelPaths, record: TrainingRecord, tell: Callable[[str], None]
) -> Iterator[Callable[[Row], None]]:
    """Tell trackers about a run.

    Enter it before the context that writes the outcome into the record: they get the record as it was written last.

    Parameters
    ----------
    names : sequence of str
        Keys of `TRACKERS`; each has its folder in the model folder.
    paths : ModelPaths
        Model folder.
    record : TrainingRecord
        The run that begins or goes on.
    tell : callable
        Called with one line for each tracker that is given up.

    Yields
    ------
    callable
        To be called with the row of the history after each epoch, when its pictures are drawn.
    """
    fenced = [FencedTracker(name, TRACKERS[name](paths.tracker_folder(name)), tell) for name in dict.fromkeys(names)]
    for tracker in fenced:
        tracker.begin(record)

    def epoch_ended(row: Row) -> None:
        epoch = int(row["epoch"] or 0)
        metrics = {key: float(value) for key, value in row.items() if value is not None and key not in NOT_METRICS}
        drawn = (paths.examples(epoch), paths.best_and_worst(epoch), paths.training_curves)
        pictures = [path for path in drawn if path.is_file()]
        for tracker in fenced:
            tracker.epoch(epoch, metrics, pictures)

    try:
        yield epoch_ended
    finally:
        _end(fenced, paths, tell)


def _end(fenced: Sequence[FencedTracker], paths: ModelPaths, tell: Callable[[str], None]) -> None:
    """Give all trackers the last word at the same time, and wait for them together."""
    if not fenced:
        return
    try:
        record = read_document(paths.metadata, TrainingRecord)
    except (SegError, OSError) as problem:
        tell(f"warning: trackers do not hear how the run ended: {problem}")
        return
    for tracker in fenced:
        tracker.end(record)
    deadline = time.monotonic() + LAST_SECONDS
    for tracker in fenced:
        tracker.wait(max(0.0, deadline - time.monotonic()))
