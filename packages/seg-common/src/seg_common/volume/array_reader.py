"""The interface of every format: a shape, a dtype, and boxes of voxels on demand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box, Index3

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class ArrayReader(ABC):
    """A 3D array on disk, read box by box.

    Only the voxels asked for are read; they keep their dtype, in the machine's byte order. Readers may be shared by
    threads, and are never inherited across a fork.
    """

    path: Path
    """File or folder."""
    dataset: str | None
    """Dataset inside the file, for formats that hold several."""
    shape: Index3
    """Voxels along (z, y, x)."""
    dtype: np.dtype[Any]
    """Type of the voxels."""
    voxel_size: tuple[float, float, float] | None = None
    """Edge lengths (z, y, x) of a voxel, where the file says them."""
    voxel_size_unit: str | None = None
    """Unit of `voxel_size`, for example ``um``; None where the file names a size without one."""
    chunk_shape: Index3 | None = None
    """Voxels (z, y, x) that are stored, and unpacked, together; None where any voxel is read alone."""
    _closed: bool = False

    @abstractmethod
    def _read(self, box: Box) -> NDArray[Any]:
        """Read a box that lies inside the array."""

    def attribute(self, name: str) -> Any:  # noqa: ARG002 - for formats that have attributes
        """Give what the file says about the array under a name; None where it, or its format, says nothing."""
        return None

    def close(self) -> None:
        """Release the file; reading afterwards is an error."""
        self._closed = True

    def read(self, box: Box) -> NDArray[Any]:
        """Read a box.

        Parameters
        ----------
        box : Box
            Voxels to read; must lie inside the array.

        Returns
        -------
        ndarray, shape box.shape
            A copy or a read-only view of the file; never to be written to.

        Raises
        ------
        VolumeError
            If the reader is closed, the box leaves the array, or the file is damaged there.
        """
        if self._closed:
            msg = f"a reader can be read until it is closed; {self} is closed. Open it again."
            raise VolumeError(msg)
        if not Box.whole(self.shape).contains(box):
            msg = f"a box must lie inside the array; got {box} for shape {self.shape} of {self}."
            raise VolumeError(msg)
        try:
            return self._read(box)
        except VolumeError:
            raise
        except (OSError, ValueError, RuntimeError) as error:
            msg = f"the voxels must be readable; {self}, box {box}: {error}. Is the file truncated or damaged?"
            raise VolumeError(msg) from error

    def __getitem__(self, key: tuple[int | slice, ...] | int | slice) -> NDArray[Any]:
        """Read with numpy's syntax: integers and slices of step 1, axes (z, y, x)."""
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) > len(self.shape):
            msg = f"an index has at most three axes (z, y, x); got {len(keys)}."
            raise IndexError(msg)
        keys += (slice(None),) * (3 - len(keys))
        starts, stops = [], []
        for axis, part, length in zip("zyx", keys, self.shape, strict=True):
            if isinstance(part, slice):
                start, stop, step = part.indices(length)
                if step != 1 or stop <= start:
                    msg = f"a slice must have step 1 and hold a voxel; got {part} on axis {axis} of length {length}."
                    raise IndexError(msg)
            else:
                start = part + length if part < 0 else part
                stop = start + 1
                if not 0 <= start < length:
                    msg = f"index {part} is outside axis {axis} of length {length}."
                    raise IndexError(msg)
            starts.append(start)
            stops.append(stop)
        box = Box.between((starts[0], starts[1], starts[2]), (stops[0], stops[1], stops[2]))
        picked = tuple(slice(None) if isinstance(part, slice) else 0 for part in keys)
        return self.read(box)[picked]

    def __enter__(self) -> Self:
        """Use the reader as a context manager that closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def __str__(self) -> str:
        """``path`` or ``path::dataset``, as on the command line."""
        return f"{self.path}::{self.dataset}" if self.dataset else str(self.path)
