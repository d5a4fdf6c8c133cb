"""Blend the tiles of one block, then turn the sums into labels; the memory is used again for the next block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_eval.prediction.aggregation.kernels import classify

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_eval.prediction.aggregation import Aggregation, AxisWeights
    from seg_eval.prediction.tile_plan import Tile, TilePlan

PROBABILITY_STEPS = 2**28
"""Probabilities are summed as integers in steps of 2^-28, finer than float32 resolves near 1: integer sums do not depend
on the order of the blocks, and 2^63 leaves room for 3 · 10^10 voxels; a plan refuses more."""


@dataclass(frozen=True)
class BlockAnswer:
    """What the tiles say about one block."""

    probabilities: NDArray[np.float32]
    """Blended probabilities, shape (z, y, x, class); overwritten by the next block."""
    labels: NDArray[np.uint8]
    """Most probable class of each voxel, the first one of equals, shape (z, y, x)."""
    label_counts: NDArray[np.int64]
    """Voxels of the block by label, shape (class,)."""
    probability_steps: NDArray[np.int64]
    """Blended probabilities summed over the block, in steps of 2^-28, shape (class,)."""
    counted_probability_steps: NDArray[np.int64]
    """The same over the counted voxels."""


class BlockBuffer:
    """Memory for one block of probabilities: touching fresh memory costs more than adding to it."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.float32)

    def zeros(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Give an array of zeros, in the memory of the one before if that is large enough."""
        size = int(np.prod(shape))
        if self._memory.size < size:
            self._memory = np.empty(size, np.float32)
        array = self._memory[:size].reshape(shape)
        array[...] = 0
        return array


class BlockAccumulator:
    """Sums of probabilities over one block.

    The tiles form a grid that is a product of three axes, and so are the weights: their sum at a voxel is the product of
    three numbers, and no volume of weights is needed.

    Parameters
    ----------
    plan : TilePlan
        Grid of tiles.
    aggregation : Aggregation
        How their answers become one.
    n_classes : int
        Probabilities per voxel.
    buffer : BlockBuffer, optional
        Memory to share with accumulators that work at other times.
    """

    def __init__(
        self, plan: TilePlan, aggregation: Aggregation, n_classes: int, buffer: BlockBuffer | None = None
    ) -> None:
        self._region = plan.region
        self._aggregation = aggregation
        self._n_classes = n_classes
        self._weights = [aggregation.weights(axis.starts, axis.used) for axis in plan.axes]
        self._axis_sums = [
            _summed(axis.starts, weights, axis.length) for axis, weights in zip(plan.axes, self._weights, strict=True)
        ]
        self._buffer = buffer or BlockBuffer()

    def begin(self, block: Box) -> None:
        """Start a block: forget the one before.

        Parameters
        ----------
        block : Box
            Part of the region, in the volume's coordinates.
        """
        self._block = block
        self._sums = self._buffer.zeros((*block.shape, self._n_classes))

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
        in_used = shared.shifted(_negative(tile.used.start))
        z, y, x = (
            weights[place, part]
            for weights, place, part in zip(self._weights, tile.position, in_used.slices(), strict=True)
        )
        self._aggregation.add(
            self._sums,
            shared.shifted(_negative(self._block.start)).start,
            np.ascontiguousarray(probabilities, np.float32),
            in_used.shifted(tile.context).start,
            (z, y, x),
        )

    def blended(self) -> NDArray[np.float32]:
        """Finish the block without classifying it: give its probabilities, shape (z, y, x, class), once."""
        self._aggregation.finish(self._sums, self._totals())
        return self._sums

    def finish(self, counted: NDArray[np.bool_] | None = None) -> BlockAnswer:
        """Classify the block.

        Parameters
        ----------
        counted : ndarray of bool, shape (z, y, x), optional
            Voxels for the second sum of probabilities; all of them when not given.

        Returns
        -------
        BlockAnswer
            Labels, and sums of the blended probabilities.
        """
        return classified(self.blended(), counted)

    def _totals(self) -> AxisWeights:
        starts = (a - b for a, b in zip(self._block.start, self._region.start, strict=True))
        z, y, x = (
            total[start : start + length]
            for total, start, length in zip(self._axis_sums, starts, self._block.shape, strict=True)
        )
        return z, y, x


def classified(probabilities: NDArray[np.float32], counted: NDArray[np.bool_] | None = None) -> BlockAnswer:
    """Choose the most probable class of each voxel, and add the probabilities up.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (z, y, x, class)
        Of one block, contiguous.
    counted : ndarray of bool, shape (z, y, x), optional
        Voxels for the second sum; all of them when not given.

    Returns
    -------
    BlockAnswer
        Holds the probabilities themselves, not a copy.
    """
    labels = np.empty(probabilities.shape[:3], np.uint8)
    label_counts, steps, counted_steps = (np.zeros(probabilities.shape[3], np.int64) for _ in range(3))
    everything = np.ones((1, 1, 1), np.bool_)
    known = np.broadcast_to(everything, labels.shape) if counted is None else counted
    classify(probabilities, known, np.float32(PROBABILITY_STEPS), labels, label_counts, steps, counted_steps)
    return BlockAnswer(probabilities, labels, label_counts, steps, counted_steps)


def _summed(starts: tuple[int, ...], weights: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Weights of all tiles along one axis of the region, added up."""
    total = np.zeros(length, np.float64)
    for start, window in zip(starts, weights, strict=True):
        total[start : start + window.size] += window
    return total.astype(np.float32)


def _negative(index: Index3) -> Index3:
    return (-index[0], -index[1], -index[2])
