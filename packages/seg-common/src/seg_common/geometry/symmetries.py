"""The 8 symmetries of the square and the 48 of the cube, generated and not written down.

A symmetry of the voxel grid permutes the axes and mirrors some of them. All of them are views in numpy: no voxel is
interpolated, so labels stay labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import permutations, product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3


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
def symmetries_of(shape: Index3) -> tuple[Symmetry, ...]:
    """List the symmetries that keep the shape of a crop.

    Parameters
    ----------
    shape : tuple of int
        Crop shape (z, y, x). An axis of one voxel is left alone: mirroring it changes nothing.

    Returns
    -------
    tuple of Symmetry
        48 for a cube, 16 for a square prism, 8 for a cuboid of three different sides or a square slice, 4 for a
        rectangular slice; the identity comes first.
    """
    found: list[Symmetry] = []
    for axes in permutations(range(3)):
        if any(shape[a] != n for a, n in zip(axes, shape, strict=True)):
            continue
        if any(shape[i] == 1 and axes[i] != i for i in range(3)):
            continue
        ways_z, ways_y, ways_x = ((False, True) if n > 1 else (False,) for n in shape)
        found.extend(Symmetry((axes[0], axes[1], axes[2]), mirrored) for mirrored in product(ways_z, ways_y, ways_x))
    return tuple(found)
