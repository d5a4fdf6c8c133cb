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
    Retired = Callable[[NDArray[np.uint16], NDArray[np.int64]], None]

MAX_COMPONENTS = 2**32 - 2
"""Faces hold ids plus one as uint32; the table of so many blobs would take more than 400 GB."""


class ComponentTable:
    """Statistics and parents of every component seen so far; merged rows are closed up whenever room runs short.

    Closing up keeps the memory at O(blobs + components of a block + face), however many blocks a blob crosses.

    Parameters
    ----------
    capacity : int
        Rows to begin with.
    renamed : callable, optional
        Given the new id of every old id, shape (old ids,), whenever rows are closed up: whoever keeps ids follows.
    retired : callable, optional
        Given codes, shape (n,), and statistics, shape (n, columns), of blobs that can no longer grow; their rows leave
        the table, so that memory no longer grows with the number of blobs.
    """

    def __init__(self, capacity: int = 1024, *, renamed: Renamed | None = None, retired: Retired | None = None) -> None:
        self.count = 0
        self._renamed = renamed
        self._retired = retired
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
        left = table_kernels.merge_joined(self.count, self.statistics, self.code, self.parent)
        self._rename(faces, left)
        if self._retired is not None:
            self._retire(self._retired, faces)

    def _rename(self, faces: tuple[NDArray[np.uint32], ...], left: int) -> None:
        """Take the new ids from `parent`, tell those who keep ids, and make every row its own root."""
        for face in faces:
            table_kernels.rename_face(face, self.parent)
        if self._renamed is not None:
            self._renamed(self.parent[: self.count])
        self.parent[:left] = np.arange(left)
        self.count = left

    def _retire(self, retired: Retired, faces: tuple[NDArray[np.uint32], ...]) -> None:
        """Hand out the rows that no face holds: no voxel to come can touch them."""
        growing = np.zeros(self.count, np.bool_)
        for face in faces:
            growing[face[face != 0].astype(np.int64) - 1] = True
        done = np.flatnonzero(~growing)
        if done.size == 0:
            return
        retired(self.code[done], self.statistics[done])
        kept = np.flatnonzero(growing)
        self.parent[: self.count] = np.cumsum(growing) - 1
        self.statistics[: kept.size] = self.statistics[kept]
        self.code[: kept.size] = self.code[kept]
        self._rename(faces, kept.size)

    @property
    def row_of_id(self) -> NDArray[np.int64]:
        """Row of each closed-up id in `to_blob_table`, shape (ids,)."""
        rows = np.empty(self.count, np.int64)
        rows[np.argsort(self.statistics[: self.count, table_kernels.FIRST], kind="stable")] = np.arange(self.count)
        return rows

    def to_blob_table(self) -> BlobTable:
        """Copy the closed-up rows, ordered by first voxel."""
        rows = self.statistics[: self.count]
        first = rows[:, table_kernels.FIRST]
        # Blocks that span y and x give sorted rows; looking is much cheaper than sorting millions of blobs.
        order: NDArray[np.int64] | slice = slice(None)
        if np.any(first[1:] < first[:-1]):
            order = np.argsort(first, kind="stable")

        def columns(column: int, width: int) -> NDArray[np.int64]:
            return rows[:, column : column + width][order]

        return BlobTable(
            code=self.code[: self.count][order].copy(),
            voxels=columns(table_kernels.VOXELS, 1)[:, 0].copy(),
            box_start=columns(table_kernels.START, 3).astype(np.int32),
            box_stop=columns(table_kernels.STOP, 3).astype(np.int32),
            coordinate_sums=columns(table_kernels.SUMS, 3).copy(),
            first_voxel=columns(table_kernels.FIRST, 1)[:, 0].copy(),
        )

    def _resize(self, capacity: int) -> None:
        # One array after another: the old copy of each is freed before the next is made.
        for name in ("statistics", "code", "parent"):
            old = getattr(self, name)
            new = np.empty((capacity, *old.shape[1:]), old.dtype)
            new[: self.count] = old[: self.count]
            setattr(self, name, new)
