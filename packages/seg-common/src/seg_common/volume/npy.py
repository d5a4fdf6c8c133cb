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
            self._array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            msg = f"the file must be readable .npy; {path}: {error}. Is it truncated?"
            raise VolumeError(msg) from None
        if not isinstance(self._array, np.ndarray) or self._array.ndim != 3:
            found = f"has shape {self._array.shape}" if isinstance(self._array, np.ndarray) else "is an archive"
            msg = f"a volume has three axes (z, y, x); {path} {found}. Save one 3D array."
            raise VolumeError(msg)
        self.path = path
        self.shape = self._array.shape
        self.dtype = self._array.dtype.newbyteorder("=")

    def _read(self, box: Box) -> NDArray[Any]:
        return np.asarray(self._array[box.slices()], dtype=self.dtype)
