"""The growing table of blobs that are being joined: statistics in rows, a union-find over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import VolumeError
from seg_eval.streaming import table_kernels
from seg_eval.streaming.blob_table import BlobTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Renamed = Callable[[NDArray[np.int64]], None]
    Retired = Callable[[BlobTable], None]

MAX_COMPONENTS = 2**32 - 2
"""Faces hold ids plus one as uint32; the table of so many blobs would take more than 400 GB."""


FIRST_FINISHED = -1
"""Id of the first blob that was retired; the next ones count down."""


class ComponentTable:
    """Statistics and parents of every component seen so far; merged rows are closed up whenever room runs short.

    Closing up keeps the memory at O(blobs + components of a block + face), however many blocks a blob crosses.

    Parameters
    ----------
    capacity : int
        Rows to begin with.
    renamed : callable, optional
        Given the new id of every old id, shape (old ids,), whenever rows are closed up: whoever keeps ids follows.
        Blobs that were handed to `retired` get the negative ids `FIRST_FINISHED` and below, in the order in which they
        were handed out; those never change.
    retired : callable, optional
        Given blobs that can no longer grow, in no order; their rows leave the table, so that memory no longer grows with
        the number of blobs.
    """

    def __init__(self, capacity: int = 1024, *, renamed: Renamed | None = None, retired: Retired | None = None) -> None:
        self.count = 0
        self._renamed = renamed
        self._retired = retired
        self._finished = 0
        self.statistics: NDArray[np.int64] = np.empty((capacity, table_kernels.TABLE_COLUMNS), np.int64)
        self.code: NDArray[np.uint16] = np.empty(capacity, np.uint16)
        self.parent: NDArray[np.int64] = np.empty(capacity, np.int64)

    def reserve(self, components: int, faces: Iterable[NDArray[np.uint32]]) -> int:
        """Make room for more components and return the id of the first; ids on `faces` are kept valid."""
        if self.count + components > self.parent.size:
            self.close_up(faces)
            needed = self.count + components
            if needed > MAX_COMPONENTS:
                msg = (
                    f"a region may hold at most {MAX_COMPONENTS} blobs; got {needed}. Measure it in smaller regions, "
                    f"or with a larger connectivity."
                )
                raise VolumeError(msg)
            # Twice the rows that survived: closing up again before that many arrive is not worth the time.
            if 2 * needed > self.parent.size:
                self._resize(2 * needed)
        return self.count

    def close_up(self, faces: Iterable[NDArray[np.uint32]]) -> None:
        """Merge joined rows into their roots, renumber the roots in order and rename the ids on `faces`."""
        faces = tuple(faces)
        new_ids = self.parent[: self.count]
        left = table_kernels.merge_joined(self.count, self.statistics, self.code, self.parent)
        for face in faces:
            table_kernels.rename_face(face, self.parent)
        if self._retired is not None:
            new_ids, left = self._retire(self._retired, faces, new_ids, left)
        if self._renamed is not None:
            self._renamed(new_ids)
        self.parent[:left] = np.arange(left)
        self.count = left

    def _retire(
        self, retired: Retired, faces: tuple[NDArray[np.uint32], ...], new_ids: NDArray[np.int64], left: int
    ) -> tuple[NDArray[np.int64], int]:
        """Hand out the rows that no face holds: no voxel to come can touch them; give the new ids, and the rows left."""
        growing = np.zeros(left, np.bool_)
        for face in faces:
            growing[face[face != 0].astype(np.int64) - 1] = True
        done, kept = np.flatnonzero(~growing), np.flatnonzero(growing)
        if done.size == 0:
            return new_ids, left
        retired(_blob_table(self.code[done], self.statistics[done]))
        self.statistics[: kept.size] = self.statistics[kept]
        self.code[: kept.size] = self.code[kept]
        places = np.empty(left, np.int64)
        places[kept] = np.arange(kept.size)
        places[done] = FIRST_FINISHED - self._finished - np.arange(done.size)
        self._finished += done.size
        for face in faces:
            table_kernels.rename_face(face, places)
        return places[new_ids], kept.size

    def to_blob_table(self) -> BlobTable:
        """Copy the closed-up rows, ordered by first voxel."""
        rows = self.statistics[: self.count]
        first = rows[:, table_kernels.FIRST]
        # Blocks that span y and x give sorted rows; looking is much cheaper than sorting millions of blobs.
        order: NDArray[np.int64] | slice = slice(None)
        if np.any(first[1:] < first[:-1]):
            order = np.argsort(first, kind="stable")
        return _blob_table(self.code[: self.count][order], rows[order])

    def _resize(self, capacity: int) -> None:
        # One array after another: the old copy of each is freed before the next is made.
        for name in ("statistics", "code", "parent"):
            old = getattr(self, name)
            new = np.empty((capacity, *old.shape[1:]), old.dtype)
            new[: self.count] = old[: self.count]
            setattr(self, name, new)


def _blob_table(code: NDArray[np.uint16], rows: NDArray[np.int64]) -> BlobTable:
    """Copy rows of the statistics."""

    def columns(column: int) -> NDArray[np.int64]:
        return rows[:, column : column + 3]

    return BlobTable(
        code=code.copy(),
        voxels=rows[:, table_kernels.VOXELS].copy(),
        box_start=columns(table_kernels.START).astype(np.int32),
        box_stop=columns(table_kernels.STOP).astype(np.int32),
        coordinate_sums=columns(table_kernels.SUMS).copy(),
        first_voxel=rows[:, table_kernels.FIRST].copy(),
    )
