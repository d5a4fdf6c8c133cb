"""The growing table of blobs that are being joined: statistics in rows, a union-find over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_eval.streaming import table_kernels
from seg_eval.streaming.blob_table import BlobTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
        self._survived = capacity // 2
        self.wide: NDArray[np.int64] = np.empty((capacity, table_kernels.WIDE), np.int64)
        self.narrow: NDArray[np.int32] = self.wide.view(np.int32)
        self.code: NDArray[np.uint16] = np.empty(capacity, np.uint16)
        self.parent: NDArray[np.uint32] = np.empty(capacity, np.uint32)

    def reserve(self, components: int, kept: Iterable[NDArray[np.uint32]]) -> None:
        """Make room for more components; numbers in the arrays `kept` stay valid, and blobs in none of them have finished."""
        if self.count + components <= self.parent.size:
            return
        # Fewer than twice the rows that survived the last time are not worth the time of closing up.
        if self.count + components > 2 * self._survived:
            self.close_up(kept)
            self._survived = max(self._survived, self.count)
        needed = self.count + components
        if needed > MAX_COMPONENTS:
            msg = (
                f"a region may hold at most {MAX_COMPONENTS} blobs; got {needed}. Measure it in smaller regions, "
                f"or with a larger connectivity."
            )
            raise VolumeError(msg)
        if needed > self.parent.size:
            # A table that keeps all blobs grows by little, so that little of it is empty at the end.
            spare = self.parent.size // 16 if self._retired is None else self.parent.size
            self._resize(max(needed, self.parent.size + spare))

    def close_up(self, kept: Iterable[NDArray[np.uint32]]) -> None:
        """Merge joined rows into their roots, renumber the roots in order and rename the numbers in the arrays `kept`."""
        kept = [numbers.reshape(-1) for numbers in kept]
        left = table_kernels.merge_joined(self.count, self.wide, self.narrow, self.code, self.parent)
        new_ids = self.parent[: self.count]
        for numbers in kept:
            table_kernels.rename(numbers, new_ids)
        ids: NDArray[Any] = new_ids
        if self._retired is not None:
            ids, left = self._retire(self._retired, kept, new_ids, left)
        if self._renamed is not None:
            self._renamed(ids.astype(np.int64))
        table_kernels.part(self.parent, left)
        self.count = left

    def _retire(
        self, retired: Retired, kept: Sequence[NDArray[np.uint32]], new_ids: NDArray[np.uint32], left: int
    ) -> tuple[NDArray[Any], int]:
        """Hand out the rows that nothing keeps: no voxel to come can touch them; give the new ids, and the rows left."""
        growing = np.zeros(left, np.bool_)
        for numbers in kept:
            table_kernels.mark(numbers, growing)
        done = left - int(np.count_nonzero(growing))
        if done == 0:
            return new_ids, left
        finished, code = np.empty((done, table_kernels.WIDE), np.int64), np.empty(done, np.uint16)
        places = np.empty(left, np.int64)
        first = FIRST_FINISHED - self._finished
        still = table_kernels.divide(growing, self.wide, self.code, first, finished, code, places)
        retired(_blob_table(code, finished))
        self._finished += done
        for numbers in kept:
            table_kernels.rename(numbers, places)
        return (new_ids if self._renamed is None else places[new_ids]), still

    def to_blob_table(self) -> BlobTable:
        """Give the closed-up rows, ordered by first voxel; the result shares their memory."""
        rows = self.wide[: self.count]
        first = rows[:, table_kernels.FIRST]
        # Blocks that span y and x give sorted rows; looking is much cheaper than sorting millions of blobs.
        if np.any(first[1:] < first[:-1]):
            order = np.argsort(first, kind="stable")
            return _blob_table(self.code[order], rows[order])
        return _blob_table(self.code[: self.count], rows)

    def _resize(self, capacity: int) -> None:
        # Large arrays grow where they are: a copy of the whole table would take as much memory again.
        del self.narrow
        self.wide.resize((capacity, table_kernels.WIDE), refcheck=False)
        self.code.resize(capacity, refcheck=False)
        self.parent.resize(capacity, refcheck=False)
        self.narrow = self.wide.view(np.int32)


def _blob_table(code: NDArray[np.uint16], rows: NDArray[np.int64]) -> BlobTable:
    """Name the columns of the statistics."""
    narrow = rows.view(np.int32)
    return BlobTable(
        code=code,
        voxels=rows[:, table_kernels.VOXELS],
        box_start=narrow[:, table_kernels.START : table_kernels.START + 3],
        box_stop=narrow[:, table_kernels.STOP : table_kernels.STOP + 3],
        coordinate_sums=rows[:, table_kernels.SUMS : table_kernels.SUMS + 3],
        first_voxel=rows[:, table_kernels.FIRST],
    )
