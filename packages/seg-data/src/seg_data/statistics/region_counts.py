"""Grey levels by class, for the whole volume and for each partition, each voxel looked at once."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box
from seg_data.statistics.growing_bins import GrowingBins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import DTypeLike, NDArray


class RegionCounts:
    """Histograms by (region, code); regions may overlap.

    Parameters
    ----------
    regions : sequence of Box
        What to count apart.
    codes : int
        Number of codes: the classes, and one more for voxels in no class.
    dtype : dtype
        Type of the grey levels.
    """

    def __init__(self, regions: Sequence[Box], codes: int, dtype: DTypeLike) -> None:
        self._regions = tuple(regions)
        self._codes = codes
        self._floats = np.dtype(dtype).kind == "f"
        self._bins = GrowingBins(len(self._regions) * codes, dtype)
        self.not_finite = np.zeros((len(self._regions), codes), np.int64)
        """Voxels by (region, code) whose grey level is NaN or infinite; they are in no bin."""

    def add(self, box: Box, codes: NDArray[np.uint8], grey: NDArray[Any]) -> None:
        """Count a block.

        Parameters
        ----------
        box : Box
            Where it lies.
        codes : ndarray of uint8, shape box.shape
            Code of each voxel.
        grey : ndarray, shape box.shape
            Grey level of each voxel.
        """
        z, y, x = (-start for start in box.start)
        for part, regions in _parts(box, self._regions):
            inside = part.shifted((z, y, x)).slices()
            for code_plane, grey_plane in zip(codes[inside], grey[inside], strict=True):
                self._add_plane(regions, code_plane, grey_plane)

    def edges(self) -> NDArray[np.float64]:
        """Edges of the bins; see `GrowingBins.edges`."""
        return self._bins.edges()

    def histograms(self) -> NDArray[np.int64]:
        """Voxels by (region, code, bin)."""
        return self._bins.table().reshape(len(self._regions), self._codes, -1)

    def voxels(self) -> NDArray[np.int64]:
        """Voxels by (region, code), whatever their grey level."""
        voxels: NDArray[np.int64] = self.histograms().sum(axis=2) + self.not_finite
        return voxels

    def _add_plane(self, regions: list[int], codes: NDArray[np.uint8], grey: NDArray[Any]) -> None:
        if self._floats:
            finite = np.isfinite(grey)
            if not finite.all():
                self.not_finite[regions] += np.bincount(codes[~finite], minlength=self._codes)
                codes, grey = codes[finite], grey[finite]
        self._bins.cover(grey)
        bins = self._bins.counts.shape[1]
        index = self._bins.index(grey)
        index += codes * np.int64(bins)
        found = np.bincount(index.ravel(), minlength=self._codes * bins)
        self._bins.counts.reshape(len(self._regions), -1)[regions] += found


def _parts(box: Box, regions: Sequence[Box]) -> Iterator[tuple[Box, list[int]]]:
    """Cut a box along the faces of the regions; yield each part that lies in a region, and the regions that hold it."""
    axes = []
    for axis, (start, stop) in enumerate(zip(box.start, box.stop, strict=True)):
        faces = {face for region in regions for face in (region.start[axis], region.stop[axis]) if start < face < stop}
        axes.append(list(pairwise(sorted({start, stop} | faces))))
    for (z0, z1), (y0, y1), (x0, x1) in product(*axes):
        part = Box.between((z0, y0, x0), (z1, y1, x1))
        inside = [index for index, region in enumerate(regions) if region.contains(part)]
        if inside:
            yield part, inside
