"""What an import has finished, in a working folder beside its output, so that it can be killed and continued."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_text, refuse_existing
from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.base import StrictModel
from seg_common.volume.digests import array_digest
from seg_common.volume.opened_volume import VOLUME_FILE
from seg_common.yaml_documents import read_document, write_document
from seg_data.axis_order import ReorderedAxes
from seg_data.piece_store import PieceStore
from seg_data.volume_folder import IMAGE_FILE, LABELS_FILE, refuse_existing_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from seg_common.volume.array_reader import ArrayReader

PLAN_FILE, COUNTS_FILE, RESULT_FILE = "import.yaml", "label_counts.yaml", VOLUME_FILE
ASSEMBLED_FOLDER = "assembled"


class SourceState(StrictModel):
    """What tells a source from another, or from itself after a change."""

    array: str
    """Absolute path, with the dataset after ``::``."""
    files: int
    """Number of files."""
    bytes: int
    """Their size in all."""
    modified_ns: int
    """When the last one was changed, in nanoseconds since 1970."""
    shape: tuple[int, int, int]
    """Voxels (z, y, x)."""
    dtype: str
    """Type of the voxels."""
    middle_slice: str
    """Digest of the middle slice as it is stored: a sidecar or a linked file may change while the file does not."""


class ImportPlan(StrictModel):
    """What is being imported, and how; an import is continued by the same plan only."""

    sources: dict[str, SourceState]
    """Image and labels."""
    options: dict[str, str]
    """All options, as text."""


class LabelCounts(StrictModel):
    """Voxels of each value of the label files, counted before anything is copied."""

    counts: dict[int, int]
    """Voxels by value."""


class ImportJournal:
    """The working folder of one import.

    Parameters
    ----------
    output : Path
        The volume folder that is being made.
    """

    def __init__(self, output: Path) -> None:
        output = output.resolve()
        self.output = output
        self.folder = output.with_name(f".{output.name}.importing")
        """Holds the plan, the pieces copied so far and, in the end, the volume before it is moved to its place."""
        self.assembled = self.folder / ASSEMBLED_FOLDER
        """Where the files of the volume are made."""

    @property
    def is_assembled(self) -> bool:
        """Whether all files of the volume are whole."""
        return (self.folder / RESULT_FILE).is_file()

    def prepare(self, plan: ImportPlan, *, overwrite: bool, restart: bool) -> None:
        """Make sure that an import can begin, or be continued, before anything is written.

        Raises
        ------
        OutputExistsError
            If the output holds a volume and may not be overwritten.
        VolumeError
            If another import was begun here.
        """
        if restart or not (self.folder / PLAN_FILE).is_file():
            self.remove()
        else:
            self._require_same(plan)
        if not self.is_assembled:
            refuse_existing_folder(self.output, overwrite=overwrite)

    def begin(self, plan: ImportPlan, counts: dict[int, int]) -> None:
        """Begin an import, or continue it; `counts` are the voxels of each value of the label files."""
        shutil.rmtree(self.assembled, ignore_errors=True)
        if counts:
            write_document(self.folder / COUNTS_FILE, LabelCounts(counts=counts), overwrite=True)
        write_document(self.folder / PLAN_FILE, plan, overwrite=True)

    @contextmanager
    def dropped_when_empty(self) -> Iterator[None]:
        """Remove the working folder when the work fails before a piece was finished."""
        try:
            yield
        except BaseException:
            if not any(self.folder.glob("*/[0-9]*.npy")):
                self.remove()
            raise

    def _require_same(self, plan: ImportPlan) -> None:
        begun = read_document(self.folder / PLAN_FILE, ImportPlan)
        before, now = _flat(begun), _flat(plan)
        changed = [
            f"{key} was {before.get(key)}, is {now.get(key)}"
            for key in {**before, **now}
            if before.get(key) != now.get(key)
        ]
        if changed:
            msg = (
                f"an import is continued with the same source and options; that of {self.folder} differs: "
                f"{'; '.join(changed)}. Give the same ones, or --restart (restart=True) to start anew."
            )
            raise VolumeError(msg)

    def counts(self) -> dict[int, int] | None:
        """Voxels of each value of the label files, when they were counted already."""
        file = self.folder / COUNTS_FILE
        return read_document(file, LabelCounts).counts if file.is_file() else None

    def pieces(self, name: str, source: ArrayReader) -> PieceStore:
        """Open the pieces of an array."""
        return PieceStore(self.folder / name, source)

    def note_assembled(self) -> None:
        """Remember that all files of the volume are whole."""
        text = (self.assembled / VOLUME_FILE).read_text(encoding="utf-8")
        atomic_write_text(self.folder / RESULT_FILE, text, overwrite=True)

    def publish(self, *, overwrite: bool) -> Path:
        """Move the files of the volume to their place, its document last, and remove the working folder.

        Raises
        ------
        OutputExistsError
            If one of the files exists and may not be overwritten.
        """
        document = self.output / VOLUME_FILE
        files = [name for name in (IMAGE_FILE, LABELS_FILE, VOLUME_FILE) if (self.assembled / name).exists()]
        for name in files:
            refuse_existing(self.output / name, overwrite=overwrite)
        self.output.mkdir(parents=True, exist_ok=True)
        if files:
            document.unlink(missing_ok=True)  # it would name a mixture of old and new files for a moment
        for name in files:
            (self.assembled / name).replace(self.output / name)
        self.remove()
        return document

    def remove(self) -> None:
        """Remove the working folder; its plan goes last, so that a kill in between can be told from a new import."""
        if self.folder.is_dir():
            for path in sorted(
                self.folder.iterdir(), key=lambda path: (path.name == PLAN_FILE, path.name == RESULT_FILE)
            ):
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            self.folder.rmdir()


def source_state(reader: ArrayReader, files: Iterable[Path]) -> SourceState:
    """Describe a source so that a change of it is noticed.

    Parameters
    ----------
    reader : ArrayReader
        The source.
    files : iterable of Path
        Its files; a folder stands for all files in it.

    Returns
    -------
    SourceState
    """
    states = [
        file.stat() for path in files for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()
    ]
    stored = reader.stored if isinstance(reader, ReorderedAxes) else reader
    depth, rows, columns = stored.shape
    middle = Box(start=(depth // 2, 0, 0), shape=(1, rows, columns))
    return SourceState(
        array=f"{reader.path.resolve()}::{reader.dataset}" if reader.dataset else str(reader.path.resolve()),
        files=len(states),
        bytes=sum(state.st_size for state in states),
        modified_ns=max(state.st_mtime_ns for state in states),
        shape=reader.shape,
        dtype=reader.dtype.name,
        middle_slice=array_digest(stored, middle),
    )


def _flat(plan: ImportPlan) -> dict[str, object]:
    sources = {f"{name} {key}": value for name, state in plan.sources.items() for key, value in state}
    return {**sources, **plan.options}
