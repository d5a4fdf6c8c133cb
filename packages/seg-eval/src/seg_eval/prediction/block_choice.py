"""Cut a region into blocks that fit the memory, so that as few tiles as possible have to be computed twice."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_eval.prediction.tile_plan import AxisGrid, TilePlan

SLACK = 1.5
"""Blocks may take so many times the least memory that any cut needs: the least alone would be blocks of a voxel."""


@dataclass(frozen=True)
class BlockChoice:
    """How a region is cut."""

    shape: Index3
    """Voxels (z, y, x) of a block; the last one of an axis may be smaller."""
    bytes: int
    """Memory for a block: sums of probabilities, labels, and the grey levels that its tiles see."""


def choose_blocks(grids: Sequence[TilePlan], bytes_per_voxel: int, grey_bytes: int, budget_bytes: int) -> BlockChoice:
    """Choose the block that computes the fewest tiles twice within a memory budget.

    Parameters
    ----------
    grids : sequence of TilePlan
        Tiles of all passes over one region.
    bytes_per_voxel : int
        Memory for each voxel of a block, its grey levels left out.
    grey_bytes : int
        Size of a grey level; those of a block and of the context of its tiles are held.
    budget_bytes : int
        Memory that a block may take. Where even the smallest blocks take more, they are as small as is sensible.

    Returns
    -------
    BlockChoice
        Blocks of nearly one size: cut in z, y and x alike, wherever it costs least. Of equal choices the largest block,
        then the flattest.
    """
    shape = grids[0].region.shape
    sides = [_balanced_sides(length) for length in shape]
    voxels = _product(*(np.array(axis, np.float64) for axis in sides))
    computed, read = np.zeros_like(voxels), np.zeros_like(voxels)
    for plan in grids:
        around = [0, 0, 0]
        around[plan.normal] = 2 * (plan.slices // 2)
        tiles, lengths = zip(
            *(_along(axis, choices, more) for axis, choices, more in zip(plan.axes, sides, around, strict=True)),
            strict=True,
        )
        computed += _product(*tiles) * float(np.prod(plan.tile_shape))
        read = np.maximum(read, _product(*lengths))
    memory = voxels * bytes_per_voxel + read * grey_bytes
    allowed = memory <= max(budget_bytes, SLACK * memory.min())
    cost = np.where(allowed, computed, np.inf)
    best = np.flatnonzero((cost == cost.min()).ravel())
    place = np.unravel_index(best[voxels.ravel()[best].argmax()], voxels.shape)
    z, y, x = (axis[int(i)] for axis, i in zip(sides, place, strict=True))
    return BlockChoice((z, y, x), int(memory[place]))


def _balanced_sides(length: int) -> list[int]:
    """Sides that cut an axis into 1, 2, 3, … nearly equal parts, largest first."""
    return sorted({ceil(length / parts) for parts in range(1, length + 1)}, reverse=True)


def _along(axis: AxisGrid, sides: Sequence[int], around: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each side: tiles that the blocks along an axis compute together, and the most voxels that a block reads."""
    starts = np.array(axis.starts)
    tiles, lengths = [], []
    for side in sides:
        first_voxels = np.arange(0, axis.length, side)
        first = np.searchsorted(starts, first_voxels - axis.used, side="right")
        last = np.searchsorted(starts, np.minimum(first_voxels + side, axis.length), side="left") - 1
        tiles.append(float((last - first + 1).sum()))
        lengths.append(float((starts[last] - starts[first]).max() + axis.tile + around))
    return np.array(tiles), np.array(lengths)


def _product(z: NDArray[np.float64], y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = z[:, np.newaxis, np.newaxis] * y[:, np.newaxis] * x
    return product
