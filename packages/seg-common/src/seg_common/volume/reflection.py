"""Read a box that reaches out of its bounds; what lies outside is mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.volume.array_reader import ArrayReader


def read_reflected(reader: ArrayReader, box: Box, bounds: Box) -> NDArray[Any]:
    """Read a box, mirroring at the bounds without repeating the voxels of the border.

    Parameters
    ----------
    reader : ArrayReader
        The array.
    box : Box
        Voxels wanted; may leave `bounds` on any side, by any distance.
    bounds : Box
        Voxels that may be read; inside the array.

    Returns
    -------
    ndarray, shape box.shape
        Voxel i outside the bounds is the voxel as far inside them, as ``numpy.pad`` does with ``mode="reflect"``.

    Examples
    --------
    With bounds 0:4, the voxels -2 … 5 are read as 2 1 0 1 2 3 2 1.
    """
    if bounds.contains(box):
        return reader.read(box)
    indices = [
        reflected_indices(start, stop, low, high)
        for start, stop, low, high in zip(box.start, box.stop, bounds.start, bounds.stop, strict=True)
    ]
    low = tuple(int(i.min()) for i in indices)
    high = tuple(int(i.max()) + 1 for i in indices)
    inside = reader.read(Box.between((low[0], low[1], low[2]), (high[0], high[1], high[2])))
    return inside[np.ix_(*(i - first for i, first in zip(indices, low, strict=True)))]


def reflected_indices(start: int, stop: int, low: int, high: int) -> NDArray[np.int64]:
    """Give the indices start … stop - 1, those outside [low, high) mirrored into it."""
    period = max(2 * (high - low - 1), 1)
    phase = (np.arange(start, stop) - low) % period
    return low + np.minimum(phase, period - phase) if high - low > 1 else np.full(stop - start, low)
