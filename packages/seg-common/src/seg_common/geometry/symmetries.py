"""The 8 symmetries of the square and the 48 of the cube, generated and not written down.

A symmetry of the voxel grid permutes the axes and mirrors some of them. All of them are views in numpy: no voxel is
interpolated, so labels stay labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise, permutations, product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3

SAME_LENGTH = 1e-6
"""Relative difference up to which two voxel edges count as equal: files store them in float32, or round them."""


@dataclass(frozen=True)
class Symmetry:
    """Permute the axes, then mirror some of them; both refer to (z, y, x)."""

    axes: tuple[int, int, int]
    """Axis i of the result is axis ``axes[i]`` of the input."""
    mirrored: tuple[bool, bool, bool]
    """Whether axis i of the result runs backwards."""

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return a view of the turned array; axes after the first three (channels) stay where they are."""
        rest = range(3, array.ndim)
        step = tuple(slice(None, None, -1 if mirror else 1) for mirror in self.mirrored)
        return array.transpose(*self.axes, *rest)[step]

    def inverse(self) -> Symmetry:
        """Return the symmetry that undoes this one."""
        back = np.argsort(self.axes)
        z, y, x = (int(i) for i in back)
        return Symmetry((z, y, x), (self.mirrored[z], self.mirrored[y], self.mirrored[x]))


@cache
def symmetries_of(shape: Index3, voxel_size: tuple[float, float, float] | None = None) -> tuple[Symmetry, ...]:
    """List the symmetries that keep the shape of a crop and, if asked, the size of its voxels.

    Parameters
    ----------
    shape : tuple of int
        Crop shape (z, y, x). An axis of one voxel is left alone: mirroring it changes nothing.
    voxel_size : tuple of float, optional
        Edge lengths (z, y, x) of a voxel in any unit. Only axes along which they are equal, to one part in a million, are
        exchanged; mirroring never changes a length. Not given, all voxels count as cubes.

    Returns
    -------
    tuple of Symmetry
        48 for a cube, 16 for a square prism, 8 for a cuboid of three different sides or a square slice, 4 for a
        rectangular slice; the identity comes first. They form a group.
    """
    lengths = (1.0, 1.0, 1.0) if voxel_size is None else _merged(voxel_size)
    found: list[Symmetry] = []
    for axes in permutations(range(3)):
        if any(shape[a] != n for a, n in zip(axes, shape, strict=True)):
            continue
        if any(lengths[a] != length for a, length in zip(axes, lengths, strict=True)):
            continue
        if any(shape[i] == 1 and axes[i] != i for i in range(3)):
            continue
        ways_z, ways_y, ways_x = ((False, True) if n > 1 else (False,) for n in shape)
        found.extend(Symmetry((axes[0], axes[1], axes[2]), mirrored) for mirrored in product(ways_z, ways_y, ways_x))
    return tuple(found)


def _merged(lengths: tuple[float, float, float]) -> tuple[float, ...]:
    """Replace lengths that differ by rounding only by one of them.

    From the smallest on, so that three lengths in a row are one, or none is: a and b equal, b and c equal, but not a and c
    would give symmetries that are no group.
    """
    merged = list(lengths)
    ascending = sorted(range(3), key=lambda axis: lengths[axis])
    for smaller, larger in pairwise(ascending):
        if lengths[larger] - lengths[smaller] <= SAME_LENGTH * lengths[larger]:
            merged[larger] = merged[smaller]
    return tuple(merged)
