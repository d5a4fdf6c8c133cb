"""NumPy's .npy, mapped into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.mapped_voxels import MappedVoxels

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box


class NpyReader(ArrayReader):
    """One array of an .npy file."""

    dataset = None

    def __init__(self, path: Path) -> None:
        try:
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
        self._voxels = MappedVoxels(array)

    def _read(self, box: Box) -> NDArray[Any]:
        return self._voxels.read(box, self.dtype)
