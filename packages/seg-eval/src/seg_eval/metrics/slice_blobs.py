"""Error blobs within single slices, across each axis: what a person sees who scrolls through the volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.schema.evaluation_measures import SizePercentiles, SliceBlobStatistics
from seg_eval.metrics.size_statistics import size_percentiles
from seg_eval.streaming.streaming_blobs import Connectivity, StreamingBlobs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.streaming.blob_table import BlobTable
    from seg_eval.streaming.streaming_blobs import RunFinder


@dataclass(eq=False)
class SliceBlobs:
    """Blobs of one kind of code within the slices across one axis."""

    count: NDArray[np.int64]
    """Blobs by slice, shape (slice,)."""
    total: NDArray[np.int64]
    """Voxels of all blobs by slice, shape (slice,)."""
    largest: NDArray[np.int64]
    """Voxels of the largest blob of each slice, shape (slice,); 0 where there is none."""
    sizes: NDArray[np.int64]
    """Sizes that occur, growing, shape (n,)."""
    size_counts: NDArray[np.int64]
    """Blobs of each size, shape (n,)."""

    @classmethod
    def none(cls, slices: int) -> SliceBlobs:
        """Begin with no blob."""
        return cls(*(np.zeros(length, np.int64) for length in (slices, slices, slices, 0, 0)))

    def add(self, place: NDArray[np.integer[Any]], voxels: NDArray[np.int64]) -> None:
        """Count blobs: the slice and the size of each."""
        np.add.at(self.count, place, 1)
        np.add.at(self.total, place, voxels)
        np.maximum.at(self.largest, place, voxels)
        found, counts = np.unique(voxels, return_counts=True)
        sizes, where = np.unique(np.concatenate([self.sizes, found]), return_inverse=True)
        sums = np.zeros(sizes.size, np.int64)
        np.add.at(sums, where.reshape(-1), np.concatenate([self.size_counts, counts]))
        self.sizes, self.size_counts = sizes, sums

    def statistics(self) -> SliceBlobStatistics:
        """Summarise the blobs of all slices."""
        count, total = int(self.count.sum()), int(self.total.sum())
        percentiles = size_percentiles(self.sizes, self.size_counts)
        return SliceBlobStatistics(
            count=count,
            total=total,
            min=int(self.sizes[0]) if count else None,
            max=int(self.sizes[-1]) if count else None,
            mean=total / count if count else None,
            percentiles=None
            if percentiles is None
            else SizePercentiles(**{f"p{q}": n for q, n in percentiles.items()}),
            slices_with_blobs=int(np.count_nonzero(self.count)),
        )


class StreamingSliceBlobs:
    """Find the blobs of every slice across one axis of a region whose blocks come one after another.

    Neighbouring slices have codes of their own by the parity of their index, so that no blob reaches from one to the
    next, and the 3D labelling does the rest. Blobs that are finished leave the table at once: memory does not grow with
    their number.

    Parameters
    ----------
    region : Box
        What the blocks partition.
    axis : {0, 1, 2}
        Axis across the slices.
    n_codes : int
        Codes are 1 … n_codes.
    connectivity : {1, 2, 3}
        1 for the 4 neighbours within a slice; 2 and 3 for all 8.
    """

    def __init__(self, region: Box, axis: int, n_codes: int, connectivity: Connectivity) -> None:
        self._axis, self._start, self._n_codes = axis, region.start[axis], n_codes
        self._found = [SliceBlobs.none(region.shape[axis]) for _ in range(n_codes)]
        self._blobs = StreamingBlobs(region, connectivity, retired=self._take)

    def add_runs(self, block: Box, find: RunFinder) -> None:
        """Join the next block to those before, in raster order (z slowest), given by what finds its runs.

        Codes are 1 … n_codes in slices of even index, and larger by n_codes in those of odd index.
        """
        self._blobs.add_runs(block, find)

    def finish(self) -> list[SliceBlobs]:
        """Return the blobs of each code.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        self._blobs.finish()
        return self._found

    def _take(self, blobs: BlobTable) -> None:
        kind = (blobs.code.astype(np.int64) - 1) % self._n_codes
        place = blobs.box_start[:, self._axis] - self._start
        for index in np.unique(kind).tolist():
            chosen = kind == index
            self._found[index].add(place[chosen], blobs.voxels[chosen])
