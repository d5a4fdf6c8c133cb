"""A region cut into equal cubes: the places at which counts are kept for profiles of spread and for the bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3

MOST_CELLS = 2**15
"""About 32 cells along each axis of a cube: enough to see structure from 1/32 of the region on."""

MOST_COUNTS = 2**21
"""Numbers of all cells together, 16 MiB as int64; with many classes there are fewer cells."""


@dataclass(frozen=True)
class Lattice:
    """Cubic cells of a region, counted from its first voxel; those at the far ends may be cut off."""

    region_shape: Index3
    """Voxels of the region (z, y, x)."""
    side: int
    """Side of a cell in voxels, a power of 2."""

    @property
    def shape(self) -> Index3:
        """Cells along (z, y, x)."""
        z, y, x = (-(-length // self.side) for length in self.region_shape)
        return (z, y, x)


def lattice_for(region_shape: Index3, n_classes: int) -> Lattice:
    """Choose the finest lattice whose counts fit in little memory.

    Parameters
    ----------
    region_shape : tuple of int
        Voxels of the region (z, y, x).
    n_classes : int
        Each cell keeps a confusion matrix of so many classes.

    Returns
    -------
    Lattice
        It depends on the region and on the classes only, never on the blocks that are read.

    Examples
    --------
    >>> lattice_for((512, 512, 512), 3).side
    16
    """
    most = max(1, min(MOST_CELLS, MOST_COUNTS // n_classes**2))
    side = 1
    while prod(Lattice(region_shape, side).shape) > most:
        side *= 2
    return Lattice(region_shape, side)


def coarser(cells: NDArray[Any], factor: int) -> NDArray[Any]:
    """Add neighbouring cells up.

    Parameters
    ----------
    cells : ndarray, shape (z, y, x, ...)
        Counts by cell.
    factor : int
        Cells along each side of a coarser one.

    Returns
    -------
    ndarray, shape (ceil(z / factor), ceil(y / factor), ceil(x / factor), ...)
        Counts by coarser cell.
    """
    for axis in range(3):
        cells = np.add.reduceat(cells, np.arange(0, cells.shape[axis], factor), axis=axis)
    return cells
