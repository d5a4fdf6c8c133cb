"""The order in which blocks must come: along x, then y, then z, leaving no gap; and thin blocks in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import VolumeError
from seg_common.geometry.tiling import block_boxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.geometry.box import Box, Index3

THIN_VOXELS = 2**20
"""Codes and runs of so many voxels stay in the cache of a processor core, whose memory the tables of blobs share."""


class RasterOrder:
    """Check that blocks partition a region in raster order.

    The region falls into slabs along z, each slab into rows of blocks along y, each row into blocks along x. Slabs, rows
    and blocks may have any thickness, and each slab and row its own cuts.
    """

    def __init__(self, region: Box) -> None:
        self._region = region
        self._slab_stop = region.start[0]
        self._row_stop = region.stop[1]
        self._next: Index3 = region.start

    @property
    def complete(self) -> bool:
        """Whether every voxel of the region has been seen."""
        return self._next[0] == self._region.stop[0]

    def advance(self, block: Box) -> tuple[bool, bool]:
        """Accept the next block.

        Parameters
        ----------
        block : Box
            Where the block lies, in the coordinates of the region.

        Returns
        -------
        tuple of bool
            Whether the block begins a new slab, and whether it begins a new row of blocks.

        Raises
        ------
        VolumeError
            If the block leaves the region, a gap or the order.
        """
        begins_row = self._next[2] == self._region.start[2]
        begins_slab = begins_row and self._next[1] == self._region.start[1]
        slab_stop = block.stop[0] if begins_slab else self._slab_stop
        row_stop = block.stop[1] if begins_row else self._row_stop
        fits = self._region.contains(block) and block.start == self._next and block.stop[:2] == (slab_stop, row_stop)
        if not fits:
            raise VolumeError(self._complaint(block, begins_row=begins_row, begins_slab=begins_slab))
        self._slab_stop, self._row_stop = slab_stop, row_stop
        z, y, x = block.start[0], block.start[1], block.stop[2]
        if x == self._region.stop[2]:
            x, y = self._region.start[2], row_stop
        if y == self._region.stop[1]:
            y, z = self._region.start[1], slab_stop
        self._next = (z, y, x)
        return begins_slab, begins_row

    def require_complete(self) -> None:
        """Raise a VolumeError that names the first voxel that is missing, if one is."""
        if not self.complete:
            msg = (
                f"blocks must cover the region before the result is taken; got none at {self._next} of region "
                f"[{self._region}]. Add the remaining blocks first."
            )
            raise VolumeError(msg)

    def _complaint(self, block: Box, *, begins_row: bool, begins_slab: bool) -> str:
        if self.complete:
            wanted = "no further block"
        else:
            wanted = f"a start of {self._next}"
            wanted += "" if begins_slab else f", z end {self._slab_stop}"
            wanted += "" if begins_row else f", y end {self._row_stop}"
        return (
            f"blocks must partition the region [{self._region}] in raster order (z slowest); got block [{block}] where "
            f"{wanted} was due. Take the blocks from seg_common.geometry.tiling.block_boxes."
        )


def thin_blocks(block: Box, region: Box, voxels: int = THIN_VOXELS) -> Iterator[Box]:
    """Cut a block into thinner ones that keep the raster order: the fewer runs at one time, the less memory.

    Parameters
    ----------
    block : Box
        One of the blocks that partition the region in raster order.
    region : Box
        All of them.
    voxels : int
        Size to aim at.

    Yields
    ------
    Box
        Blocks of some planes where the block spans the region along y and x, of some rows where it spans it along x
        only, else the block itself.

    Examples
    --------
    >>> from seg_common.geometry.box import Box
    >>> region = Box.whole((4, 2, 3))
    >>> [str(thin) for thin in thin_blocks(Box(start=(1, 0, 0), shape=(3, 2, 3)), region, voxels=12)]
    ['z 1:3, y 0:2, x 0:3', 'z 3:4, y 0:2, x 0:3']
    """
    planes, rows, columns = block.shape
    if columns < region.shape[2]:
        yield block
        return
    if rows == region.shape[1]:
        thin = (max(1, voxels // (rows * columns)), rows, columns)
    else:
        thin = (planes, max(1, voxels // (planes * columns)), columns)
    yield from block_boxes(block, thin)
