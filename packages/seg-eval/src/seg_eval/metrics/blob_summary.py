"""What is kept of millions of blobs: how many there are of each size and of each box shape, and the few largest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_eval.streaming import summary_kernels
from seg_eval.streaming.blob_table import BlobTable
from seg_eval.streaming.streaming_blobs import Connectivity, StreamingBlobs
from seg_eval.streaming.summary_kernels import SMALL, SMALL_SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.streaming.streaming_blobs import RunFinder

LARGEST_LISTED = 10
"""How many blobs are listed with their boxes unless told otherwise."""

_LAST = np.iinfo(np.int64).max


class BlobSummary:
    """Blobs of one kind, counted by size and by box shape as they finish, in any order.

    Sizes and shapes repeat: two million blobs come in some hundred sizes and some thousand shapes. Every number that
    `blob_statistics` gives follows from these counts exactly, so that no blob but the largest has to be kept.

    Parameters
    ----------
    region : Box, optional
        What is searched: blobs at its border may be cut off. Without it none is said to touch it.
    number : int
        How many of the largest blobs are kept.
    """

    def __init__(self, region: Box | None = None, number: int = LARGEST_LISTED) -> None:
        self.region = region
        """What is searched."""
        self.number = number
        """How many of the largest blobs are kept."""
        self.sizes: NDArray[np.int64] = np.empty(0, np.int64)
        """Sizes that occur, growing, shape (n,)."""
        self.size_counts: NDArray[np.int64] = np.empty(0, np.int64)
        """Blobs of each size, shape (n,)."""
        self.sides: NDArray[np.int64] = np.empty((0, 3), np.int64)
        """Edge lengths (z, y, x) of the boxes that occur, ordered, shape (m, 3)."""
        self.side_counts: NDArray[np.int64] = np.empty(0, np.int64)
        """Blobs with each box shape, shape (m,)."""
        self.side_firsts: NDArray[np.int64] = np.empty(0, np.int64)
        """First voxel of the first blob with each box shape, shape (m,)."""
        self.touching_border = 0
        """Blobs whose box reaches the border of the region."""
        self.largest = BlobTable.empty()
        """The largest blobs, largest first; equal ones in the order of their first voxels."""

    @property
    def count(self) -> int:
        """Number of blobs."""
        return int(self.size_counts.sum())

    @property
    def total(self) -> int:
        """Voxels of all blobs."""
        return int((self.sizes * self.size_counts).sum())

    def add(self, blobs: BlobTable, code: int = 0) -> None:
        """Count more blobs.

        Parameters
        ----------
        blobs : BlobTable
            In any order.
        code : int
            Counts only blobs of this code; 0 for all of them.
        """
        sizes, shapes = np.zeros((2, SMALL), np.int64)
        firsts = np.full(SMALL, _LAST)
        large, long, listed = np.zeros((3, len(blobs)), np.bool_)
        # Only what is as large as the smallest that is listed can come among them.
        least = int(self.largest.voxels[-1]) if 0 < len(self.largest) == self.number else 1
        self.touching_border += summary_kernels.count_small(
            blobs.code,
            code,
            blobs.voxels,
            blobs.box_start,
            blobs.box_stop,
            blobs.first_voxel,
            *self._border(),
            least,
            sizes,
            shapes,
            firsts,
            large,
            long,
            listed,
        )
        self._add_sizes(np.flatnonzero(sizes), sizes[sizes > 0])
        self._add_sizes(blobs.voxels[large], np.ones(np.count_nonzero(large), np.int64))
        found = np.flatnonzero(shapes)
        self._add_sides(np.stack(np.unravel_index(found, (SMALL_SIDE,) * 3), axis=1), shapes[found], firsts[found])
        sides = blobs.box_stop[long] - blobs.box_start[long]
        self._add_sides(sides, np.ones(len(sides), np.int64), blobs.first_voxel[long])
        self._keep_largest(blobs, np.flatnonzero(listed))

    def _add_sizes(self, sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        if sizes.size:
            self.sizes, where = _distinct(np.concatenate([self.sizes, sizes]))
            self.size_counts = _sums(where, np.concatenate([self.size_counts, counts]), self.sizes.size)

    def _add_sides(self, sides: NDArray[Any], counts: NDArray[np.int64], firsts: NDArray[np.int64]) -> None:
        if not len(sides):
            return
        sides = np.concatenate([self.sides, sides])
        # One number per shape: the place in a volume that holds them all.
        shape = sides.max(axis=0) + 1
        places, where = _distinct(np.ravel_multi_index(tuple(sides.T), tuple(shape.tolist())))
        self.sides = np.stack(np.unravel_index(places, tuple(shape.tolist())), axis=1)
        self.side_counts = _sums(where, np.concatenate([self.side_counts, counts]), places.size)
        firsts = np.concatenate([self.side_firsts, firsts])
        self.side_firsts = np.full(places.size, _LAST)
        np.minimum.at(self.side_firsts, where, firsts)

    def _keep_largest(self, blobs: BlobTable, rows: NDArray[np.intp]) -> None:
        if self.number == 0:
            return
        if self.number < rows.size:
            voxels = blobs.voxels[rows]
            place = rows.size - self.number
            rows = rows[voxels >= np.partition(voxels, place)[place]]
        joined = BlobTable.joined([self.largest, blobs.rows(rows)])
        self.largest = joined.rows(np.lexsort((joined.first_voxel, -joined.voxels))[: self.number])

    def _border(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where boxes touch the border along (z, y, x), at their start and at their end; beyond all places where they cannot."""
        lowest, highest = np.full(3, -1), np.full(3, _LAST)
        if self.region is not None:
            wide = [axis for axis in range(3) if self.region.shape[axis] > 1]
            lowest[wide], highest[wide] = np.array(self.region.start)[wide], np.array(self.region.stop)[wide]
        return lowest, highest


class BlobSummaries:
    """Blobs counted by code as they finish.

    Parameters
    ----------
    region : Box
        What is searched.
    n_codes : int
        Codes are 1 … n_codes.
    number : int
        How many of the largest blobs of each code are kept.
    """

    def __init__(self, region: Box, n_codes: int, number: int = LARGEST_LISTED) -> None:
        self.by_code = tuple(BlobSummary(region, number) for _ in range(n_codes))
        """Blobs of each code, that of code 1 first."""

    def add(self, blobs: BlobTable) -> None:
        """Count more blobs, in any order."""
        for index, summary in enumerate(self.by_code):
            summary.add(blobs, 0 if len(self.by_code) == 1 else index + 1)


class StreamingBlobSummaries:
    """Find the blobs of a region that comes block by block, and count those of each code as they finish.

    Memory is that of the blobs under way and of the sizes and shapes that occur; it does not grow with the blobs.

    Parameters
    ----------
    region : Box
        What the blocks partition; blob boxes come out in its coordinates.
    n_codes : int
        Codes are 1 … n_codes.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.
    number : int
        How many of the largest blobs of each code are kept.
    """

    def __init__(self, region: Box, n_codes: int, connectivity: Connectivity, number: int = LARGEST_LISTED) -> None:
        self._summaries = BlobSummaries(region, n_codes, number)
        self._blobs = StreamingBlobs(region, connectivity, retired=self._summaries.add)

    def add(self, block: Box, codes: NDArray[Any]) -> None:
        """Join the next block to those before, in raster order (z slowest); 0 for nothing, equal codes join.

        Raises
        ------
        VolumeError, LabelVolumeError
            As `StreamingBlobs.add` does.
        """
        self._blobs.add(block, codes)

    def add_runs(self, block: Box, find: RunFinder) -> None:
        """Join the next block, given by what finds its runs; see `StreamingBlobs.add_runs`."""
        self._blobs.add_runs(block, find)

    def finish(self) -> tuple[BlobSummary, ...]:
        """Return the blobs of each code.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        self._blobs.finish()
        return self._summaries.by_code


def touching(blobs: BlobTable, region: Box) -> NDArray[np.bool_]:
    """Blobs whose box reaches the border, along axes on which the region is more than one voxel wide."""
    wide = [axis for axis in range(3) if region.shape[axis] > 1]
    first = blobs.box_start[:, wide] <= np.array(region.start)[wide]
    last = blobs.box_stop[:, wide] >= np.array(region.stop)[wide]
    return np.asarray((first | last).any(axis=1), np.bool_)


def _distinct(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Values that occur, growing, and the place of each given one among them."""
    found, where = np.unique(values, return_inverse=True)
    return found, where.reshape(-1)


def _sums(where: NDArray[np.int64], counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    sums = np.zeros(size, np.int64)
    np.add.at(sums, where, counts)
    return sums
