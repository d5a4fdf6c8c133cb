"""A mask read as labels: 1 inside, 0 outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.open_array import open_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume

INSIDE = 1


class MaskLabels(ArrayReader):
    """An array of numbers as a label volume: 1 where it is not 0."""

    def __init__(self, array: ArrayReader) -> None:
        self._array = array
        self.path, self.dataset, self.shape = array.path, array.dataset, array.shape
        self.dtype = np.dtype(np.uint8)

    def _read(self, box: Box) -> NDArray[Any]:
        inside: NDArray[np.uint8] = (self._array.read(box) != 0).view(np.uint8)
        return inside

    def close(self) -> None:
        """Close the array."""
        super().close()
        self._array.close()


def open_beside(location: str, volume: Volume) -> ArrayReader:
    """Open an array given as ``path`` or ``path::dataset`` relative to a volume's folder; it is closed with the volume.

    Raises
    ------
    VolumeError
        If it is missing, damaged or of another shape than the volume.
    """
    path, _, dataset = location.partition("::")
    array, shape = open_array(volume.path.parent / path, dataset or None), volume.document.shape
    volume.close_too(array)
    if array.shape != shape:
        msg = f"an array beside a volume must have the volume's shape {shape} (z, y, x); {array} has {array.shape}."
        raise VolumeError(msg)
    return array
