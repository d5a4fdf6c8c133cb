"""NumPy's .npy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.stored_voxels import StoredVoxels

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class NpyReader(ArrayReader):
    """One array of an .npy file."""

    dataset = None

    def __init__(self, path: Path) -> None:
        try:
            # The mapping is made only to read the header, by the library that knows all its versions.
            array = np.lib.format.open_memmap(path, mode="r")
        except (ValueError, OSError) as error:
            msg = f"the file must be readable .npy; {path}: {error}. Is it truncated or of another format?"
            raise VolumeError(msg) from None
        if array.ndim != 3:
            msg = f"a volume has three axes (z, y, x); {path} has shape {array.shape}. Save one 3D array."
            raise VolumeError(msg)
        self.path = path
        self.shape = array.shape
        self.dtype = array.dtype.newbyteorder("=")
        # Arrays in the order of Fortran are stored with z fastest: the same voxels, axes the other way round.
        self._reversed = not array.flags.c_contiguous
        stored = array.shape[::-1] if self._reversed else array.shape
        self._voxels = StoredVoxels.of(path, array.dtype, array.offset, stored)

    def _read(self, box: Box) -> NDArray[Any]:
        if not self._reversed:
            return self._voxels.read(box)
        (z, y, x), (depth, rows, columns) = box.start, box.shape
        return self._voxels.read(Box(start=(x, y, z), shape=(columns, rows, depth))).transpose()

    def close(self) -> None:
        """Close the file; reading afterwards is an error."""
        super().close()
        self._voxels.close()
