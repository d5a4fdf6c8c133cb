"""The growing table of blobs that are being joined: statistics in rows, a union-find over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import VolumeError
from seg_eval.streaming import table_kernels
from seg_eval.streaming.blob_table import BlobTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MAX_COMPONENTS = 2**32 - 2
"""Faces hold ids plus one as uint32; the table of so many blobs would take more than 400 GB."""


class ComponentTable:
    """Statistics and parents of every component seen so far; merged rows are closed up whenever room runs short.

    Closing up keeps the memory at O(blobs + components of a block + face), however many blocks a blob crosses.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self.count = 0
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
        left = table_kernels.merge_joined(self.count, self.statistics, self.code, self.parent)
        for face in faces:
            table_kernels.rename_face(face, self.parent)
        self.parent[:left] = np.arange(left)
        self.count = left

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
