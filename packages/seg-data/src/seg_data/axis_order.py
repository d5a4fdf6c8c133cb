"""Read an array whose axes are stored in another order than (z, y, x), such as Fortran-ordered data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from numpy.typing import NDArray

AXES = "zyx"
Item = TypeVar("Item")


class ReorderedAxes(ArrayReader):
    """An array seen with its axes in the order (z, y, x); its voxels are neither copied nor moved on disk.

    Parameters
    ----------
    reader : ArrayReader
        The array as its format gives it; closed with this view.
    axes : str
        What the first, second and third axis of `reader` are, for example ``xyz``.
    """

    def __init__(self, reader: ArrayReader, axes: str) -> None:
        self.stored = reader
        """The array with the axes of its format."""
        self.axes = axes
        """What these axes are."""
        self._places = axes.index("z"), axes.index("y"), axes.index("x")
        self.path, self.dataset, self.dtype = reader.path, reader.dataset, reader.dtype
        self.shape = self._to_zyx(reader.shape)
        self.voxel_size = None if reader.voxel_size is None else self._to_zyx(reader.voxel_size)
        self.voxel_size_unit = reader.voxel_size_unit
        self.chunk_shape = None if reader.chunk_shape is None else self._to_zyx(reader.chunk_shape)

    def _to_zyx(self, stored: tuple[Item, Item, Item]) -> tuple[Item, Item, Item]:
        z, y, x = self._places
        return stored[z], stored[y], stored[x]

    def stored_box(self, box: Box) -> Box:
        """Box of the same voxels with the axes as they are stored."""
        a, b, c = (AXES.index(axis) for axis in self.axes)
        return Box(start=(box.start[a], box.start[b], box.start[c]), shape=(box.shape[a], box.shape[b], box.shape[c]))

    def volume_box(self, stored: Box) -> Box:
        """Box of voxels that are stored in a box, with the axes (z, y, x)."""
        return Box(start=self._to_zyx(stored.start), shape=self._to_zyx(stored.shape))

    def _read(self, box: Box) -> NDArray[Any]:
        return np.transpose(self.stored.read(self.stored_box(box)), self._places)

    def close(self) -> None:
        """Close the array."""
        super().close()
        self.stored.close()


def reordered(reader: ArrayReader, axes: str) -> ArrayReader:
    """Give an array the axes (z, y, x).

    Parameters
    ----------
    reader : ArrayReader
        The array as its format gives it.
    axes : str
        The order of its axes: ``z``, ``y`` and ``x`` in any order, for example ``xyz``.

    Returns
    -------
    ArrayReader
        A view that reads the same voxels; `reader` itself when the order is right already.

    Raises
    ------
    VolumeError
        If `axes` is no permutation of the three axes; `reader` is closed then.
    """
    if sorted(axes) != sorted(AXES):
        reader.close()
        msg = f"the axes must be z, y and x in the order in which they are stored; got {axes!r}. Write for example xyz."
        raise VolumeError(msg)
    return reader if axes == AXES else ReorderedAxes(reader, axes)
