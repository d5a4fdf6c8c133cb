"""Class pairs counted by lattice cell and by slice, in one pass over the blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_eval.streaming import count_kernels
from seg_eval.streaming.lattice import Lattice, lattice_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

REFERENCE, PREDICTED, RIGHT = 0, 1, 2
"""Kinds of counts of a slice."""


class RegionCounts:
    """Confusion of every cell of a lattice, and counts of every slice along each axis.

    Parameters
    ----------
    region : Box
        What the blocks partition.
    n_classes : int
        Class indices are 0 … n_classes - 1.
    """

    def __init__(self, region: Box, n_classes: int) -> None:
        self.region = region
        """What was counted."""
        self.lattice: Lattice = lattice_for(region.shape, n_classes)
        """Where the cells lie."""
        self.cells: NDArray[np.int64] = np.zeros((*self.lattice.shape, n_classes, n_classes), np.int64)
        """Voxels by cell (z, y, x), reference class and predicted class."""
        self.slices: tuple[NDArray[np.int64], ...] = tuple(
            np.zeros((length, n_classes, 3), np.int64) for length in region.shape
        )
        """For z, y, x: voxels by slice, class and kind (in the reference, predicted, both)."""

    def add(self, block: Box, reference_codes: NDArray[Any], predicted_codes: NDArray[Any]) -> None:
        """Count a block, in any order of blocks.

        Parameters
        ----------
        block : Box
            Where it lies, in the coordinates of the region.
        reference_codes, predicted_codes : ndarray of uint8 or uint16, shape (z, y, x)
            Class indices plus one; voxels where the reference is 0 are left out, elsewhere both are at least 1.
        """
        start = np.array(block.start, np.int64) - np.array(self.region.start, np.int64)
        count_kernels.count_block(reference_codes, predicted_codes, start, self.lattice.side, self.cells, *self.slices)

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Voxels by (reference class, predicted class)."""
        confusion: NDArray[np.int64] = self.cells.sum(axis=(0, 1, 2))
        return confusion
