"""Choose blocks that fit a memory budget; no result ever depends on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3

DEFAULT_BLOCK_BYTES = 256 * 2**20


def block_shape_for(shape: Index3, bytes_per_voxel: int, budget_bytes: int = DEFAULT_BLOCK_BYTES) -> Index3:
    """Largest block of a volume within a memory budget: whole slices while they fit, then split in y, then in x.

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
        Block shape (z, y, x), at least one voxel.

    Examples
    --------
    >>> block_shape_for((100, 10, 10), bytes_per_voxel=1, budget_bytes=250)
    (2, 10, 10)
    """
    voxels = max(1, budget_bytes // bytes_per_voxel)
    x = min(shape[2], voxels)
    y = min(shape[1], max(1, voxels // x))
    z = min(shape[0], max(1, voxels // (x * y)))
    return (z, y, x)
