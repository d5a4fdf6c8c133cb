"""Cut a region into blocks that fit a memory budget and differ little in size."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from seg_common.blocks.plan import block_shape_for

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3


def balanced_block_shape(shape: Index3, bytes_per_voxel: int, budget_bytes: int) -> Index3:
    """Choose the fewest blocks of a region that fit a budget, all of nearly one size.

    Five slices left over after a block of 250 would cost a row of tiles computed twice for almost nothing.

    Parameters
    ----------
    shape : tuple of int
        Voxels of the region along (z, y, x).
    bytes_per_voxel : int
        Memory that the work needs for each voxel of a block.
    budget_bytes : int
        Memory that a block may take.

    Returns
    -------
    tuple of int
        Block shape (z, y, x), at least one voxel on each axis.

    Examples
    --------
    >>> balanced_block_shape((255, 10, 10), bytes_per_voxel=1, budget_bytes=25_000)
    (128, 10, 10)
    """
    largest = block_shape_for(shape, bytes_per_voxel, budget_bytes)
    z, y, x = (ceil(n / ceil(n / side)) for n, side in zip(shape, largest, strict=True))
    return (z, y, x)
