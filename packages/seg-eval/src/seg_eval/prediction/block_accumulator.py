"""Blend the tiles of one block, then turn the sums into labels; the memory is used again for the next block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.prediction.aggregation import Aggregation
    from seg_eval.prediction.tile_plan import AxisGrid, Tile, TilePlan

PROBABILITY_STEPS = 2**28
"""Probabilities are summed as integers in steps of 2^-28, finer than float32 resolves near 1: integer sums do not depend
on the order of the blocks, and 2^63 leaves room for 3 · 10^10 voxels."""


@dataclass(frozen=True)
class BlockAnswer:
    """What the tiles say about one block."""

    labels: NDArray[np.uint8]
    """Most probable class of each voxel, the first one of equals, shape (z, y, x)."""
    probability_steps: NDArray[np.int64]
    """Blended probabilities summed over the block, in steps of 2^-28, shape (class,)."""
    counted_probability_steps: NDArray[np.int64]
    """The same over the counted voxels."""


class BlockAccumulator:
    """Weighted sums of probabilities over one block.

    The tiles form a grid that is a product of three axes, and so are the weights: their sum at a voxel is the product of
    three numbers, and no volume of weights is needed.

    Parameters
    ----------
    plan : TilePlan
        Grid of tiles.
    aggregation : Aggregation
        Weights of a tile's voxels.
    n_classes : int
        Probabilities per voxel.
    """

    def __init__(self, plan: TilePlan, aggregation: Aggregation, n_classes: int) -> None:
        self._region = plan.region
        self._n_classes = n_classes
        windows = [aggregation.window(axis.used) for axis in plan.axes]
        self._tile_weights = _outer(*windows)[..., np.newaxis]
        self._axis_sums = [_summed(axis, window) for axis, window in zip(plan.axes, windows, strict=True)]
        self._buffer = np.empty(0, np.float32)

    def begin(self, block: Box) -> None:
        """Start a block: forget the one before.

        Parameters
        ----------
        block : Box
            Part of the region, in the volume's coordinates.
        """
        self._block = block
        size = block.voxels * self._n_classes
        if self._buffer.size < size:
            self._buffer = np.empty(size, np.float32)
        self._sums = self._buffer[:size].reshape(*block.shape, self._n_classes)
        self._sums[...] = 0

    def add(self, tile: Tile, probabilities: NDArray[np.float32]) -> None:
        """Add what a tile says about the block.

        Parameters
        ----------
        tile : Tile
            A tile that meets the block. Tiles come in raster order: float32 sums depend on it in their last digit.
        probabilities : ndarray of float32, shape (z, y, x, class)
            Answer of the network for all voxels of the tile, the halo included. Not modified.
        """
        shared = tile.used.intersection(self._block)
        assert shared is not None, "tiles come from TilePlan.tiles_in(block)"
        in_block = shared.shifted(_negative(self._block.start)).slices()
        in_used = shared.shifted(_negative(tile.used.start))
        in_tile = in_used.shifted(tile.context).slices()
        self._sums[in_block] += probabilities[in_tile] * self._tile_weights[in_used.slices()]

    def finish(
        self,
        counted: NDArray[np.bool_] | None = None,
        observe: Callable[[int, NDArray[np.float32]], None] | None = None,
    ) -> BlockAnswer:
        """Classify the block.

        Parameters
        ----------
        counted : ndarray of bool, shape (z, y, x), optional
            Voxels for the second sum of probabilities; all of them when not given.
        observe : callable, optional
            Given each plane of the block, counted from 0, with its blended probabilities (y, x, class).

        Returns
        -------
        BlockAnswer
            Labels, and sums of the blended probabilities.
        """
        labels = np.empty(self._block.shape, np.uint8)
        steps, counted_steps = (np.zeros(self._n_classes, np.int64) for _ in range(2))
        starts = (a - b for a, b in zip(self._block.start, self._region.start, strict=True))
        z_sum, y_sum, x_sum = (
            total[start : start + length]
            for total, start, length in zip(self._axis_sums, starts, self._block.shape, strict=True)
        )
        in_plane = np.multiply.outer(y_sum, x_sum)
        for i, plane in enumerate(self._sums):
            labels[i] = plane.argmax(axis=-1)
            probabilities = plane / (z_sum[i] * in_plane)[..., np.newaxis]
            if observe is not None:
                observe(i, probabilities)
            plane_steps = np.rint(probabilities * np.float32(PROBABILITY_STEPS)).astype(np.int64)
            steps += plane_steps.sum(axis=(0, 1))
            if counted is not None:
                counted_steps += plane_steps[counted[i]].sum(axis=0)
        return BlockAnswer(labels, steps, steps if counted is None else counted_steps)


def _summed(axis: AxisGrid, window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of all tiles along one axis of the region, added up."""
    total = np.zeros(axis.length, np.float64)
    for start in axis.starts:
        total[start : start + axis.used] += window
    return total.astype(np.float32)


def _outer(z: NDArray[Any], y: NDArray[Any], x: NDArray[Any]) -> NDArray[np.float32]:
    weights: NDArray[np.float32] = z[:, np.newaxis, np.newaxis] * y[:, np.newaxis] * x
    return weights


def _negative(index: tuple[int, int, int]) -> tuple[int, int, int]:
    return (-index[0], -index[1], -index[2])
