"""Positions on a regular grid, visited in raster order again and again."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import CropError
from seg_common.geometry.tiling import grid_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3


class GridStarts:
    """Evenly spread crops that cover the region, or crops at a given stride.

    Parameters
    ----------
    region : Box
        Where the crops lie.
    crop_shape : tuple of int
        At most the region's shape, per axis (z, y, x).
    min_overlap : tuple of int
        Voxels that neighbours share at the least, below the crop's side, per axis; the fewest crops are taken.
    stride : tuple of int, optional
        Voxels from one crop to the next, per axis, instead; the last crop ends with the region.

    Raises
    ------
    CropError
        If the overlap is as large as the crop, or the stride larger, so that voxels between crops would be left out.
    """

    def __init__(
        self, region: Box, crop_shape: Index3, min_overlap: Index3 = (0, 0, 0), stride: Index3 | None = None
    ) -> None:
        if stride is not None and any(step > side for step, side in zip(stride, crop_shape, strict=True)):
            msg = (
                f"a grid's stride must not be larger than the crop, or voxels between crops are never offered; got stride "
                f"{stride} for crop shape {crop_shape} (z, y, x). Choose a smaller stride."
            )
            raise CropError(msg)
        self._first = region.start
        self._room = [n - c + 1 for n, c in zip(region.shape, crop_shape, strict=True)]
        self._axes = [
            np.array(_strided_starts(n, c, step) if step else grid_starts(n, c, overlap), np.int64) + first
            for first, n, c, overlap, step in zip(
                region.start, region.shape, crop_shape, min_overlap, stride or (0, 0, 0), strict=True
            )
        ]

    @property
    def crops_per_cycle(self) -> int:
        """Crops after which every voxel was offered."""
        return prod(len(axis) for axis in self._axes)

    def starts(self, cycle: int, places: NDArray[np.int64]) -> NDArray[np.int64]:  # noqa: ARG002 - all cycles are alike
        """First voxels of the crops at some places of a cycle, in the volume's coordinates; shape (place, 3)."""
        indices = np.unravel_index(places, [len(axis) for axis in self._axes])
        return np.stack([axis[index] for axis, index in zip(self._axes, indices, strict=True)], axis=-1)

    def axis_probabilities(self) -> tuple[NDArray[np.float64], ...]:
        """Probability of each start (z, y, x) of the region, for a crop picked from a cycle; the axes are independent."""
        found = []
        for axis, first, room in zip(self._axes, self._first, self._room, strict=True):
            probabilities = np.zeros(room)
            probabilities[axis - first] = 1 / len(axis)
            found.append(probabilities)
        return tuple(found)


def _strided_starts(length: int, size: int, stride: int) -> list[int]:
    starts = list(range(0, length - size + 1, stride))
    return starts if starts[-1] == length - size else [*starts, length - size]
