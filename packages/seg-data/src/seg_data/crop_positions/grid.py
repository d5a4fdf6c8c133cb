"""Positions on a regular grid, visited in raster order again and again."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from seg_common.geometry.tiling import grid_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3


class GridStarts:
    """The fewest crops that cover the region with a minimum overlap, evenly spread.

    Parameters
    ----------
    region : Box
        What to cover.
    crop_shape : tuple of int
        At most the region's shape, per axis (z, y, x).
    min_overlap : tuple of int
        Voxels that neighbours share at the least, below the crop's side, per axis.

    Raises
    ------
    CropError
        If the overlap is as large as the crop.
    """

    def __init__(self, region: Box, crop_shape: Index3, min_overlap: Index3 = (0, 0, 0)) -> None:
        axes = [
            [start + offset for offset in grid_starts(length, size, overlap)]
            for start, length, size, overlap in zip(region.start, region.shape, crop_shape, min_overlap, strict=True)
        ]
        self._starts = np.array(list(product(*axes)), np.int64)
        self._starts.setflags(write=False)

    @property
    def crops_per_cycle(self) -> int:
        """Crops after which every voxel was offered."""
        return len(self._starts)

    def cycle(self, number: int) -> NDArray[np.int64]:  # noqa: ARG002 - all cycles of a grid are alike
        """First voxels of the crops of a cycle; shape (crop, 3), in the volume's coordinates."""
        return self._starts
