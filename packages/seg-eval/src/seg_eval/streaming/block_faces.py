"""What a block has to know of the blocks before it: one plane, one row plane and one column plane of blob ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3

    Face = NDArray[np.uint32]

NOTHING: Face = np.empty((0, 0), np.uint32)
"""The face towards the border of the region."""


class BlockFaces:
    """Faces of the blocks seen so far; each voxel holds 0 for nothing, else blob id + 1.

    The plane and the row plane are held twice: a block needs what lies diagonally behind the block just before it, so
    that one must not overwrite the past while the slab, or the row of blocks, is still under way.
    """

    def __init__(self, region_shape: Index3) -> None:
        self._plane = region_shape[1:]
        self.z_before: Face = NOTHING
        """Last plane of the slab before, shape (region y, region x), or nothing."""
        self.z_now: Face = NOTHING
        """Last plane of this slab, as far as it has come."""
        self.y_before: Face = NOTHING
        """Last rows of the row of blocks before in this slab, shape (block z, region x), or nothing."""
        self.y_now: Face = NOTHING
        """Last rows of this row of blocks, as far as it has come."""
        self.x_before: Face = NOTHING
        """Last column of the block just before in this row, shape (block z, block y), or nothing."""

    def begin_slab(self, *, written: bool) -> None:
        """Turn the plane written last into the plane before; nothing lies before the first row of blocks.

        `written` says whether the slab's own last plane will be: blocks that span the region need no faces.
        """
        self.z_before, self.z_now = self.z_now, _cleared(self.z_before, self._plane) if written else NOTHING
        self.y_before = self.y_now = self.x_before = NOTHING

    def begin_row(self, planes: int) -> None:
        """Turn the row plane written last into the row plane before; nothing lies before the first block."""
        self.y_before, self.y_now = self.y_now, _cleared(self.y_before, (planes, self._plane[1]))
        self.x_before = NOTHING

    def next_column(self, planes: int, rows: int) -> Face:
        """Give the cleared column plane of a block that has been joined to the block before."""
        self.x_before = _cleared(self.x_before, (planes, rows))
        return self.x_before

    def all(self) -> tuple[Face, ...]:
        """Every face that may hold ids."""
        return self.z_before, self.z_now, self.y_before, self.y_now, self.x_before


def _cleared(spare: Face, shape: tuple[int, int]) -> Face:
    """Fill a spare face with 0, or make one where the shape differs: fresh memory costs more than used one."""
    if spare.shape != shape:
        return np.zeros(shape, np.uint32)
    spare.fill(0)
    return spare
