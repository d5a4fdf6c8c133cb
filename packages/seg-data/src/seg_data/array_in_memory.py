"""A part of a volume held in memory, behind the interface of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT_BUDGET_BYTES = 2**28


class ArrayInMemory(ArrayReader):
    """Voxels of a box, addressed by their coordinates in the whole volume.

    Parameters
    ----------
    array : ndarray, shape box.shape
        The voxels; not copied, never written to.
    box : Box, optional
        Where they lie; from the origin when not given.
    source : ArrayReader, optional
        The file they come from, for error messages and for the shape of the whole volume.
    """

    def __init__(self, array: NDArray[Any], box: Box | None = None, source: ArrayReader | None = None) -> None:
        self._array = array
        self._box = box or Box.whole(array.shape)
        self.path = source.path if source else Path("memory")
        self.dataset = source.dataset if source else None
        self.shape = source.shape if source else self._box.shape
        self.dtype = array.dtype

    def _read(self, box: Box) -> NDArray[Any]:
        if not self._box.contains(box):
            msg = f"only voxels held in memory can be read; got {box}, held are {self._box} of {self}."
            raise VolumeError(msg)
        z, y, x = (-a for a in self._box.start)
        return self._array[box.shifted((z, y, x)).slices()]


def in_memory(reader: ArrayReader, box: Box, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> ArrayReader:
    """Load a box of a volume when it is small enough, so that many small reads need no file.

    Parameters
    ----------
    reader : ArrayReader
        The array; stays open and is not closed here.
    box : Box
        The only part that will be read.
    budget_bytes : int
        Most bytes that may be loaded.

    Returns
    -------
    ArrayReader
        The voxels of the box in memory, or `reader` itself when they are more than the budget.
    """
    if box.voxels * reader.dtype.itemsize > budget_bytes:
        return reader
    return ArrayInMemory(reader.read(box), box, reader)
