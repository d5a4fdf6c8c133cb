"""Classes in the slices perpendicular to each axis, and what adjacent slices share: integers, exact across blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3

    Codes = NDArray[np.uint8]


class SliceCounts:
    """Counts by axis, slice and class; blocks must come in raster order and fill the volume.

    The last slice of a block is kept until the block behind it has come, on all three axes, so that pairs of slices are
    counted across blocks as they are inside. That takes the memory of one slice of the volume.

    Parameters
    ----------
    shape : tuple of int
        Voxels of the volume along (z, y, x).
    classes : int
        Number of classes; this number is the code of voxels in no class.
    """

    def __init__(self, shape: Index3, classes: int) -> None:
        self._classes = classes
        self._voxels = [np.zeros((length, classes + 1), np.int64) for length in shape]
        self._shared = [np.zeros((length - 1, classes + 1), np.int64) for length in shape]
        self._half_labelled = [np.zeros((length - 1, classes + 1), np.int64) for length in shape]
        # Last slices of the blocks before, perpendicular to z, y and x.
        self._faces = [np.zeros((shape[a], shape[b]), np.uint8) for a, b in ((1, 2), (0, 2), (0, 1))]

    def voxels(self, axis: int) -> NDArray[np.int64]:
        """Voxels by (slice, code) along an axis."""
        return self._voxels[axis]

    def intersection(self, axis: int) -> NDArray[np.int64]:
        """Voxels by (i, class) that are of the class in slice i and in slice i + 1."""
        return self._shared[axis][:, : self._classes]

    def union(self, axis: int) -> NDArray[np.int64]:
        """Voxels by (i, class) that are of the class in slice i or in slice i + 1, and labelled in both."""
        voxels = self._voxels[axis]
        union: NDArray[np.int64] = voxels[:-1] + voxels[1:] - self._shared[axis] - self._half_labelled[axis]
        return union[:, : self._classes]

    def add(self, box: Box, codes: Codes) -> None:
        """Count a block: `codes` of shape box.shape hold class indices, or the number of classes for no class."""
        z, y, x = box.slices()
        gaps = bool((codes == self._classes).any())
        for axis, offset in enumerate((y, x), start=1):
            for number, plane in enumerate(codes, start=z.start):
                self._voxels[axis][offset] += self._by_line(plane, axis)
                start = offset.start
                if start:  # the block before shares a face with this one
                    face = self._faces[axis][number, x if axis == 1 else y]
                    plane = np.concatenate([np.expand_dims(face, axis - 1), plane], axis - 1)  # noqa: PLW2901
                    start -= 1
                first, second = (plane[:-1], plane[1:]) if axis == 1 else (plane[:, :-1], plane[:, 1:])
                self._add_pairs(axis, start, first, second, gaps=gaps or start < offset.start)
        before = self._faces[0][y, x] if z.start else None
        for number, plane in enumerate(codes, start=z.start):
            self._voxels[0][number] += np.bincount(plane.ravel(), minlength=self._classes + 1)
            if before is not None:
                self._add_pairs(0, number - 1, before, plane, gaps=gaps or number == z.start)
            before = plane
        self._faces[0][y, x], self._faces[1][z, x], self._faces[2][z, y] = codes[-1], codes[:, -1], codes[:, :, -1]

    def _add_pairs(self, axis: int, first: int, before: Codes, behind: Codes, *, gaps: bool) -> None:
        """Count the pairs of slices (first, first + 1) and on; `gaps` tells that voxels in no class may be among them."""
        if not before.size:
            return
        nothing = np.uint8(self._classes)
        shared = self._by_line(np.where(before == behind, before, nothing), axis)
        pairs = slice(first, first + len(shared))
        self._shared[axis][pairs] += shared
        if gaps and (nothing in before or nothing in behind):
            for known, unknown in ((before, behind), (behind, before)):
                lost = np.where(unknown == nothing, known, nothing)
                self._half_labelled[axis][pairs] += self._by_line(lost, axis)

    def _by_line(self, plane: Codes, axis: int) -> NDArray[np.int64]:
        """Count the codes of a plane (y, x) by (slice, code): all of it for z, by row for y, by column for x."""
        codes = self._classes + 1
        lines = 1 if axis == 0 else plane.shape[axis - 1]
        offsets = np.arange(lines, dtype=np.intp) * codes
        index = plane + (offsets[:, None] if axis == 1 else offsets)
        return np.bincount(index.ravel(), minlength=lines * codes).reshape(-1, codes)
