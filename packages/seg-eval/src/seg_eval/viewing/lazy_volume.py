"""An array that a viewer can slice while the voxels stay on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    from seg_common.geometry.box import Index3


class LazyVolume:
    """Voxels of a region, read when they are sliced.

    Parameters
    ----------
    region : Box
        What there is to see, in the volume's coordinates.
    dtype : dtype
        Type of the voxels.
    read : callable
        Gives the voxels of a box, in the volume's coordinates.

    Examples
    --------
    >>> import numpy as np
    >>> from seg_common.geometry.box import Box
    >>> volume = LazyVolume(Box.whole((4, 2, 3)), np.uint8, lambda box: np.full(box.shape, box.start[0], np.uint8))
    >>> volume[2, :, 1:].tolist()
    [[2, 2], [2, 2]]
    """

    ndim = 3

    def __init__(self, region: Box, dtype: DTypeLike, read: Callable[[Box], NDArray[Any]]) -> None:
        self._region, self._read = region, read
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        """Type of the voxels."""

    @property
    def shape(self) -> Index3:
        """Voxels along (z, y, x)."""
        return self._region.shape

    @property
    def size(self) -> int:
        """Number of voxels."""
        return self._region.voxels

    def __len__(self) -> int:
        """Return the number of slices across z."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part, given by whole numbers and slices with steps of at least 1.

        Raises
        ------
        IndexError
            If a number lies outside, or there are more than three.
        VolumeError
            If the key is something else, such as a mask.
        """
        parts = key if isinstance(key, tuple) else (key,)
        if Ellipsis in parts:
            place = parts.index(Ellipsis)
            filling = (slice(None),) * (self.ndim - len(parts) + 1)
            parts = (*parts[:place], *filling, *parts[place + 1 :])
        if len(parts) > self.ndim:
            msg = f"a volume has three axes; got {len(parts)} indices {key!r}. Leave some away."
            raise IndexError(msg)
        parts = (*parts, *(slice(None),) * (self.ndim - len(parts)))
        ranges = [_range(part, length) for part, length in zip(parts, self.shape, strict=True)]
        numbers = [isinstance(part, (int, np.integer)) for part in parts]
        if any(len(one) == 0 for one in ranges):
            return np.empty([len(one) for one, number in zip(ranges, numbers, strict=True) if not number], self.dtype)
        within = tuple(0 if number else slice(None, None, r.step) for r, number in zip(ranges, numbers, strict=True))
        start = [one.start + low for one, low in zip(ranges, self._region.start, strict=True)]
        stop = [one[-1] + 1 + low for one, low in zip(ranges, self._region.start, strict=True)]
        return self._read(Box.between((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])))[within]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Read all of it."""
        if copy is False:
            msg = "a volume on disk has no array that could be shared; got copy=False. Allow the copy."
            raise ValueError(msg)
        return np.asarray(self[:], dtype)


def _range(part: Any, length: int) -> range:
    if isinstance(part, slice) and (part.step is None or part.step > 0):
        return range(*part.indices(length))
    if isinstance(part, (int, np.integer)):
        if not -length <= part < length:
            msg = f"an index must lie inside the volume; got {part} for {length} voxels. Count from 0."
            raise IndexError(msg)
        return range(int(part) % length, int(part) % length + 1)
    msg = f"a volume on disk is sliced by whole numbers and slices with steps of at least 1; got {part!r}. Read it with [:] first."
    raise VolumeError(msg)
