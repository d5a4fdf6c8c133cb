"""Find out whether a crop holds a voxel that no kept crop of its cycle holds, without a map of the voxels."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3

Corners = tuple[tuple[int, int, int], tuple[int, int, int]]
"""First voxel and exclusive end of a box."""


class CycleCover:
    """The kept crops of a cycle.

    Crops of one shape can only meet when their first voxels are in the same or in neighbouring cells of that shape; so a crop is
    compared with a handful of others, and memory grows with the number of crops and not with the volume.

    Parameters
    ----------
    crop_shape : tuple of int
        Shape of all crops (z, y, x).
    """

    def __init__(self, crop_shape: Index3) -> None:
        self._shape = crop_shape
        self._cells: defaultdict[tuple[int, ...], list[Corners]] = defaultdict(list)

    def keep_uncovered(
        self, starts: NDArray[np.int64], offered: NDArray[np.bool_], kept: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Keep what is kept already, and what else holds a voxel not yet covered; what is kept covers from then on.

        Parameters
        ----------
        starts : ndarray of int64, shape (crop, 3)
            First voxels, in the order of drawing.
        offered, kept : ndarray of bool, shape (crop,)
            Verdicts; a crop that was not offered is not kept.

        Returns
        -------
        ndarray of bool, shape (crop,)
        """
        all_kept = kept.copy()
        for i in np.flatnonzero(offered).tolist():
            z, y, x = starts[i].tolist()
            box = (z, y, x), (z + self._shape[0], y + self._shape[1], x + self._shape[2])
            cell = tuple(a // n for a, n in zip(box[0], self._shape, strict=True))
            all_kept[i] = kept[i] or not is_covered(box, self._around(cell))
            if all_kept[i]:
                self._cells[cell].append(box)
        return all_kept

    def _around(self, cell: tuple[int, ...]) -> Iterator[Corners]:
        for step in product((0, -1, 1), repeat=3):
            yield from self._cells.get(tuple(c + s for c, s in zip(cell, step, strict=True)), ())


def is_covered(box: Corners, others: Iterable[Corners]) -> bool:
    """Tell whether every voxel of a box is in one of some others."""
    left = [box]
    for other in others:
        left = [piece for part in left for piece in difference(part, other)]
        if not left:
            return True
    return False


def difference(box: Corners, other: Corners) -> list[Corners]:
    """Cut what is in one box and not in another into at most six boxes."""
    low, high = list(box[0]), list(box[1])
    if any(a >= d or c >= b for a, b, c, d in zip(low, high, *other, strict=True)):
        return [box]
    pieces: list[Corners] = []
    for axis in range(3):
        for start, stop in ((low[axis], other[0][axis]), (other[1][axis], high[axis])):
            if start < stop:
                first, end = list(low), list(high)
                first[axis], end[axis] = start, stop
                pieces.append(((first[0], first[1], first[2]), (end[0], end[1], end[2])))
        low[axis], high[axis] = max(low[axis], other[0][axis]), min(high[axis], other[1][axis])
    return pieces
