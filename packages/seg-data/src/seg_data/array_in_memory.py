"""A part of a volume held in memory, behind the interface of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.volume.array_reader import ArrayReader
from seg_data.chunk_blocks import chunk_block_shape, chunk_shape_of
from seg_data.crop_cutting import CropCutter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.geometry.symmetries import Symmetry

DEFAULT_BUDGET_BYTES = 2**28
BLOCK_VOXELS = 2**19


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
        self._first = self._box.start
        self.path = source.path if source else Path("memory")
        self.dataset = source.dataset if source else None
        self.shape = source.shape if source else self._box.shape
        self.dtype = array.dtype

    def voxels_of(self, box: Box) -> NDArray[Any] | None:
        """Give the voxels of a box as they are held, without a copy; None where not all of them are."""
        return self._read(box) if self._box.contains(box) else None

    def view(self, start: Sequence[int], shape: Index3) -> NDArray[Any]:
        """Give the voxels of a crop known to lie inside, quicker than `read` does, which checks it."""
        z, y, x = start[0] - self._first[0], start[1] - self._first[1], start[2] - self._first[2]
        return self._array[z : z + shape[0], y : y + shape[1], x : x + shape[2]]

    def cutter(self, crop_shape: Index3, axes: Index3, symmetries: Sequence[Symmetry]) -> CropCutter:
        """Prepare to cut crops out of these voxels; see `CropCutter`."""
        return CropCutter(self._array, self._first, crop_shape, axes, symmetries)

    def _read(self, box: Box) -> NDArray[Any]:
        if not self._box.contains(box):
            msg = f"only voxels held in memory can be read; got {box}, held are {self._box} of {self}."
            raise VolumeError(msg)
        z, y, x = (-a for a in self._box.start)
        return self._array[box.shifted((z, y, x)).slices()]


class MemoryBudget:
    """Memory for parts of volumes that are loaded, so that many small reads need no file.

    Parameters
    ----------
    size : int
        Bytes that may be loaded together.
    """

    def __init__(self, size: int = DEFAULT_BUDGET_BYTES) -> None:
        self.left = size
        self._loaded: dict[tuple[str, str, Box], ArrayInMemory] = {}

    def load(self, reader: ArrayReader, box: Box) -> ArrayReader:
        """Load a box of a volume when it fits what is left.

        Parameters
        ----------
        reader : ArrayReader
            The array; stays open and is not closed here.
        box : Box
            The only part that will be read.

        Returns
        -------
        ArrayReader
            The voxels of the box in memory, shared by all that ask for them, or `reader` itself when they are too many.
        """
        key = (type(reader).__name__, str(reader), box)
        if key not in self._loaded:
            size = box.voxels * reader.dtype.itemsize
            if size > self.left:
                return reader
            self.left -= size
            self._loaded[key] = ArrayInMemory(_read_all(reader, box), box, reader)
        return self._loaded[key]


def _read_all(reader: ArrayReader, box: Box) -> NDArray[Any]:
    """Read a box block by block: some formats need as much memory again for what they read at once."""
    voxels = np.empty(box.shape, reader.dtype)
    z, y, x = (-a for a in box.start)
    for block in block_boxes(box, chunk_block_shape(box.shape, chunk_shape_of([reader]), BLOCK_VOXELS)):
        voxels[block.shifted((z, y, x)).slices()] = reader.read(block)
    return voxels
