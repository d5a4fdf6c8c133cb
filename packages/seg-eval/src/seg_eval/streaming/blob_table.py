"""The connected components of a region as flat arrays: no label volume and no Python object per blob."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class BlobTable:
    """Size, box and centre of blobs of a region, one row each; all of them are ordered by first voxel.

    Coordinates are those of the volume that the region was cut from, axes (z, y, x), in voxels.
    """

    code: NDArray[np.uint16]
    """What the blob consists of, shape (n,), at least 1; what a code stands for is the maker's decision."""
    voxels: NDArray[np.int64]
    """Number of voxels, shape (n,), at least 1."""
    box_start: NDArray[np.int32]
    """First voxel of the bounding box, shape (n, 3)."""
    box_stop: NDArray[np.int32]
    """Exclusive end of the bounding box, shape (n, 3)."""
    coordinate_sums: NDArray[np.int64]
    """Sum of the coordinates of all voxels, shape (n, 3); exact, so tables can be pooled without rounding."""
    first_voxel: NDArray[np.int64]
    """The blob's first voxel in raster order as a flat index into the region, shape (n,)."""

    @classmethod
    def empty(cls) -> BlobTable:
        """Make a table without any blob."""
        rows, boxes = np.empty(0, np.int64), np.empty((0, 3), np.int32)
        return cls(rows.astype(np.uint16), rows, boxes, boxes, boxes.astype(np.int64), rows)

    @classmethod
    def joined(cls, tables: Sequence[BlobTable]) -> BlobTable:
        """Copy the blobs of several tables into one, table after table."""
        return cls(*(np.concatenate([getattr(table, field.name) for table in tables]) for field in fields(cls)))

    def __len__(self) -> int:
        """Return the number of blobs."""
        return int(self.voxels.size)

    @property
    def centroid(self) -> NDArray[np.float64]:
        """Mean coordinates (z, y, x) of each blob's voxels, shape (n, 3)."""
        centroid: NDArray[np.float64] = self.coordinate_sums / self.voxels[:, np.newaxis]
        return centroid

    @property
    def sides(self) -> NDArray[np.int32]:
        """Edge lengths (z, y, x) of the bounding boxes, shape (n, 3), each at least 1."""
        sides: NDArray[np.int32] = self.box_stop - self.box_start
        return sides

    def rows(self, chosen: NDArray[Any]) -> BlobTable:
        """Copy some rows into a table of their own.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n,), or of int
            The rows to keep; numbers give their order as well.

        Returns
        -------
        BlobTable
            A table that shares no memory with this one.
        """
        return BlobTable(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def of_code(self, code: int) -> BlobTable:
        """Copy the blobs of one code into a table of their own.

        Examples
        --------
        >>> import numpy as np
        >>> from seg_common.geometry.box import Box
        >>> from seg_eval.streaming.streaming_blobs import label_blobs
        >>> table = label_blobs(np.array([[[1, 0, 2, 2, 0, 1]]], np.uint8), connectivity=1)
        >>> len(table), len(table.of_code(1)), table.of_code(2).voxels.tolist()
        (3, 2, [2])
        """
        return self.rows(self.code == code)
