"""All runs below a folder as one table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.errors import ModelFolderError, SegError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

METADATA = ModelPaths(root=Path()).metadata.name


@dataclass(frozen=True)
class ListedRun:
    """One row of the table; what a damaged record cannot tell is None."""

    model: str
    """Model folder, relative to the listed one."""
    name: str | None = None
    """Name of the run."""
    status: str = "unreadable"
    """running, finished, failed, interrupted; or unreadable."""
    begun: str | None = None
    """Date and time, ISO 8601."""
    network: str | None = None
    """2D, 2.5D or 3D."""
    epochs: str | None = None
    """Complete epochs of all."""
    best_mean_jaccard: float | None = None
    """On the validation region."""
    best_epoch: int | None = None
    """Epoch of that score, counted from 1."""
    crops: int | None = None
    """Crops that the weights have seen."""
    seconds: float | None = None
    """Training and validation, all sessions."""
    volume: str | None = None
    """Name of the volume."""
    problem: str | None = None
    """Why the record cannot be read, or why the run ended early."""


def list_runs(folder: Path | str) -> list[ListedRun]:
    """Read the records of all model folders below a folder, best score first.

    Parameters
    ----------
    folder : path
        Searched with its sub-folders; what lies inside a model folder is not a run of its own.

    Returns
    -------
    list of ListedRun
        Runs without a score come last, in the order of their folders. A damaged record is listed with what is wrong.

    Raises
    ------
    ModelFolderError
        If the folder does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        msg = f"runs are listed of an existing folder; {folder} is none. Give the folder that holds model folders."
        raise ModelFolderError(msg)
    runs = [_listed(model, folder) for model in _model_folders(folder)]
    return sorted(runs, key=lambda run: -1.0 if run.best_mean_jaccard is None else run.best_mean_jaccard, reverse=True)


def _model_folders(folder: Path) -> Iterator[Path]:
    if (folder / METADATA).is_file():
        yield folder
        return
    for child in sorted(folder.iterdir()):
        if child.is_dir() and not child.is_symlink() and not child.name.startswith("."):
            yield from _model_folders(child)


def _listed(model: Path, folder: Path) -> ListedRun:
    where = model.relative_to(folder).as_posix()
    try:
        record = read_document(model / METADATA, TrainingRecord)
    except SegError as error:
        return ListedRun(where, problem=str(error).splitlines()[0])
    return ListedRun(
        model=where,
        name=record.config.name,
        status=record.status,
        begun=record.provenance.created,
        network=record.network.dimensions,
        epochs=f"{record.result.epochs_done}/{record.config.epochs}",
        best_mean_jaccard=record.result.best_mean_jaccard,
        best_epoch=record.result.best_epoch,
        crops=record.result.crops_seen,
        seconds=record.seconds,
        volume=record.data.name,
        problem=record.reason,
    )


def runs_as_rows(runs: Sequence[ListedRun]) -> list[dict[str, str | int | float | None]]:
    """Rows for programs: column name → value."""
    return [asdict(run) for run in runs]


def runs_as_table(runs: Sequence[ListedRun]) -> str:
    """Format the table for people: a line of names, then one line per run; numbers are aligned to the right.

    Parameters
    ----------
    runs : sequence of ListedRun
        At least one.

    Returns
    -------
    str
        Lines without an end of line after the last one. Problems follow below the table.
    """
    names = ("model", "name", "status", "network", "volume", "epochs", "best", "epoch", "crops", "time", "begun")
    rows = [names, *(_cells(run) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(names))]
    right = {"epochs", "best", "epoch", "crops", "time"}
    lines = [
        "  ".join(
            cell.rjust(width) if name in right else cell.ljust(width)
            for cell, width, name in zip(row, widths, names, strict=True)
        ).rstrip()
        for row in rows
    ]
    problems = [f"{run.model}: {run.problem}" for run in runs if run.problem]
    return "\n".join([*lines, *([""] if problems else []), *problems])


def _cells(run: ListedRun) -> tuple[str, ...]:
    def text(value: object) -> str:
        return "-" if value is None else " ".join(str(value).split())

    return (
        text(run.model),
        text(run.name),
        run.status,
        text(run.network),
        text(run.volume),
        text(run.epochs),
        "-" if run.best_mean_jaccard is None else f"{run.best_mean_jaccard:.4f}",
        text(run.best_epoch),
        text(run.crops),
        "-" if run.seconds is None else duration(run.seconds),
        "-" if run.begun is None else run.begun[:16].replace("T", " "),
    )


def duration(seconds: float) -> str:
    """Time in hours, minutes and seconds.

    Examples
    --------
    >>> duration(59.6), duration(3723), duration(90000)
    ('0:01:00', '1:02:03', '25:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
