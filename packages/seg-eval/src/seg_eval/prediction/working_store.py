"""Finished blocks of a prediction on disk: a run that was killed goes on where it stopped, and gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from itertools import product
from math import ceil
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np

from seg_common.atomic_files import atomic_path, atomic_write_text
from seg_common.cli_support import note
from seg_common.errors import SegError
from seg_common.geometry.box import Box
from seg_eval.folder_lock import JOB, LOCK, lock_folder, remove_locked, require_own_work
from seg_eval.output_folder import remove_unfinished

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3

JOURNAL = "journal.npz"
FINISHED = "finished_blocks"
ARRAYS = "arrays_of_a_block"
DIGEST_BYTES = 32
"""Digest of all that is before it, at the end of the file of a block."""


class WorkingStore:
    """One file for each finished block, and a journal of how many there are with everything counted in them.

    A block's files are written before the journal says so, and each file appears whole or not at all: whenever the
    process dies, the journal tells the truth. A context manager: when the block of code succeeds the folder is removed;
    when it fails, or the process is killed, finished blocks stay for the next run, which looks at their digests.

    Parameters
    ----------
    target : Path
        Folder that the results will be written to; the store lies beside it.
    region : Box
        Voxels to classify.
    block_shape : tuple of int
        Blocks of the region, in raster order.
    job : mapping
        Everything that the voxels depend on, as JSON: an earlier run with another job cannot be continued.
    restart : bool
        Whether what an earlier run left is thrown away.
    quiet : bool
        Whether to say nothing.

    Raises
    ------
    SegError
        If another process uses the store, or it holds blocks of another job or the work of another command.
    """

    def __init__(
        self,
        target: Path,
        region: Box,
        block_shape: Index3,
        job: Mapping[str, Any],
        *,
        restart: bool = False,
        quiet: bool = True,
    ) -> None:
        target = target.resolve()
        self.folder = target.with_name(f".{target.name}.working")
        self._region, self._block_shape = region, block_shape
        self._job = json.loads(json.dumps(job))
        self._quiet = quiet
        self._lock: BinaryIO | None = None
        self.finished = 0
        self.damaged: frozenset[int] = frozenset()
        """Finished blocks that are counted, and whose files an earlier run's disk lost or changed: to be written again."""
        self._arrays: set[str] = set()
        self._counts: dict[str, NDArray[Any]] = {}
        self._target, self._restart = target, restart

    def __enter__(self) -> Self:
        """Make the folder, or go on with the one that is there."""
        self._lock = lock_folder(self.folder)
        try:
            self._remove_remains()
            if self._restart:
                self._empty()
            require_own_work(self.folder, JOB)
            if (self.folder / JOB).exists():
                self._continue()
            else:
                self._empty()
                atomic_write_text(self.folder / JOB, json.dumps(self._job, indent=2) + "\n")
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Remove the folder, but for finished blocks of a run that failed."""
        assert self._lock is not None, "entered"
        if kind is None or not self.finished:
            # The journal goes first: should the process die now, it does not speak of blocks that are gone.
            (self.folder / JOURNAL).unlink(missing_ok=True)
            remove_locked(self.folder, self._lock)
        else:
            self._lock.close()
            note(f"{self.finished} finished blocks are kept: the same command goes on with them", quiet=self._quiet)

    def kept_bytes(self) -> int:
        """Space on disk that an earlier run has taken already; nothing more is needed for its blocks."""
        return sum(file.stat().st_size for file in self.folder.glob("*.npy"))

    def counts(self) -> dict[str, NDArray[Any]]:
        """Give what was counted in the finished blocks, as `finish` was told; empty before the first one."""
        return self._counts

    def write(self, number: int, name: str, voxels: NDArray[Any]) -> None:
        """Keep an array (z, y, x, …) of block `number`; it counts when `finish` was called."""
        with atomic_path(self._file(number, name), overwrite=True) as temporary:
            np.save(temporary, voxels)
            with temporary.open("r+b") as file:
                file.write(hashlib.file_digest(file, "sha256").digest())
        self._arrays.add(name)

    def finish(self, number: int, counts: Mapping[str, NDArray[Any]]) -> None:
        """Say that block `number`, the next one, is whole, and what was counted up to it."""
        assert number == self.finished, "blocks are finished in order"
        arrays: dict[str, Any] = {**counts, FINISHED: np.array(number + 1), ARRAYS: np.array(sorted(self._arrays))}
        with atomic_path(self.folder / JOURNAL, overwrite=True) as temporary:
            np.savez(temporary, **arrays)
        self.finished = number + 1

    def read(self, name: str, box: Box) -> NDArray[Any]:
        """Read a box of an array out of its finished blocks.

        Parameters
        ----------
        name : str
            As it was written.
        box : Box
            Part of the region, in coordinates that begin with the region.

        Returns
        -------
        ndarray, shape (z, y, x, …)
            A copy.

        Raises
        ------
        SegError
            If a block is missing or damaged.
        """
        numbers = [ceil(length / side) for length, side in zip(self._region.shape, self._block_shape, strict=True)]
        ranges = [
            range(start // side, ceil(stop / side))
            for start, stop, side in zip(box.start, box.stop, self._block_shape, strict=True)
        ]
        found: NDArray[Any] | None = None
        for z, y, x in product(*ranges):
            first = (z * self._block_shape[0], y * self._block_shape[1], x * self._block_shape[2])
            voxels = self._load((z * numbers[1] + y) * numbers[2] + x, name)
            if found is None:
                found = np.empty((*box.shape, *voxels.shape[3:]), voxels.dtype)
            shared = box.intersection(Box(start=first, shape=voxels.shape[:3]))
            assert shared is not None, "the block was chosen to meet the box"
            here, there = (shared.shifted((-a, -b, -c)).slices() for a, b, c in (box.start, first))
            found[here] = voxels[there]
        assert found is not None, "a box holds a voxel"
        return found

    def _continue(self) -> None:
        try:
            job = json.loads((self.folder / JOB).read_text(encoding="utf-8"))
        except ValueError as error:
            raise self._damaged(JOB, error) from error
        if job != self._job:
            different = [key for key in {**job, **self._job} if job.get(key) != self._job.get(key)]
            msg = (
                f"an interrupted prediction is continued with the same options; {self.folder} holds one that differs in: "
                f"{', '.join(different)}. Give the options of then, or --restart to throw its blocks away."
            )
            raise SegError(msg)
        if not (self.folder / JOURNAL).exists():
            return
        try:
            with (self.folder / JOURNAL).open("rb") as file, np.load(file) as journal:
                self._counts = {name: journal[name] for name in journal.files}
            self.finished = int(self._counts.pop(FINISHED))
            self._arrays = set(self._counts.pop(ARRAYS).tolist())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise self._damaged(JOURNAL, error) from error
        if self.finished:
            note(f"going on after {self.finished} blocks that an earlier run has finished", quiet=self._quiet)
        files = {number: [self._file(number, name) for name in self._arrays] for number in range(self.finished)}
        self.damaged = frozenset(number for number, own in files.items() if not all(map(_is_whole, own)))
        if self.damaged:
            numbers = ", ".join(map(str, sorted(self.damaged)))
            note(
                f"warning: files of the finished blocks {numbers} were lost or changed in {self.folder}; they are predicted "
                "again. Is the disk in order?",
                quiet=self._quiet,
            )

    def _empty(self) -> None:
        # The journal goes first here, too.
        (self.folder / JOURNAL).unlink(missing_ok=True)
        for entry in self.folder.iterdir():
            if entry.name != LOCK:
                entry.unlink()

    def _remove_remains(self) -> None:
        """Remove what a killed run left half-written: nobody else writes while the lock is held."""
        remove_unfinished(self._target)
        for entry in self.folder.glob(".*.partial*"):
            entry.unlink()

    def _file(self, number: int, name: str) -> Path:
        return self.folder / f"{name}_{number:06d}.npy"

    def _load(self, number: int, name: str) -> NDArray[Any]:
        file = self._file(number, name)
        try:
            voxels: NDArray[Any] = np.load(file, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise self._damaged(file.name, error) from error
        return voxels

    def _damaged(self, file: str, error: Exception) -> SegError:
        reason = str(error).splitlines()[0]
        msg = f"finished blocks must be readable; {self.folder / file}: {reason}. Give --restart to begin anew."
        return SegError(msg)


def _is_whole(file: Path) -> bool:
    """Whether a file holds what was written, by the digest at its end."""
    digest = hashlib.sha256()
    try:
        left = file.stat().st_size - DIGEST_BYTES
        with file.open("rb") as opened:
            while left > 0 and (part := opened.read(min(left, 2**20))):
                digest.update(part)
                left -= len(part)
            return left == 0 and opened.read() == digest.digest()
    except OSError:
        return False
