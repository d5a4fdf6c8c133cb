"""NumPy's .npy, mapped into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box


class NpyReader(ArrayReader):
    """One array of an .npy file."""

    dataset = None

    def __init__(self, path: Path) -> None:
        try:
            self._array = np.lib.format.open_memmap(path, mode="r")
        except (ValueError, OSError) as error:
            msg = f"the file must be readable .npy; {path}: {error}. Is it truncated or of another format?"
            raise VolumeError(msg) from None
        if self._array.ndim != 3:
            msg = f"a volume has three axes (z, y, x); {path} has shape {self._array.shape}. Save one 3D array."
            raise VolumeError(msg)
        self.path = path
        self.shape = self._array.shape
        self.dtype = self._array.dtype.newbyteorder("=")

    def _read(self, box: Box) -> NDArray[Any]:
        return np.asarray(self._array[box.slices()], dtype=self.dtype)
