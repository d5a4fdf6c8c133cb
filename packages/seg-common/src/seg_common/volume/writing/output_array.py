"""What every format is told before the first voxel is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from seg_common.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.voxel_sizes import VoxelSize

    Store = Callable[[Box, NDArray[Any]], object]  # takes whole slices, in the order of z and in the dtype of the array

INTEGERS = tuple(f"{sign}int{bits}" for bits in (8, 16, 32, 64) for sign in ("u", ""))
NUMBERS = (*INTEGERS, "float16", "float32", "float64")
BOOLEANS_AND_NUMBERS = ("bool", *NUMBERS)


@dataclass(frozen=True)
class OutputArray:
    """An array that is about to be written."""

    path: Path
    """The file, or the folder of a Zarr."""
    shape: Index3
    """Voxels along (z, y, x)."""
    dtype: np.dtype[Any]
    """Type of the voxels, in the machine's byte order."""
    voxel_size: VoxelSize | None
    """Edge lengths (z, y, x) of a voxel."""
    voxel_size_unit: str | None
    """Unit of `voxel_size`."""
    overwrite: bool
    """Whether an existing output may be replaced."""
    compressed: bool
    """Whether the voxels are to be compressed."""
    slab_depth: int
    """Slices that are best written at one time."""

    @property
    def bytes(self) -> int:
        """Size of the voxels, uncompressed."""
        return prod(self.shape) * self.dtype.itemsize

    def chunks(self, side: int) -> Index3:
        """Chunks of `side` voxels along y and x that slabs of `slab_depth` slices fill completely."""
        return (self.slab_depth, min(self.shape[1], side), min(self.shape[2], side))

    def beside(self, suffix: str) -> OutputArray:
        """Give the same array in a file of the same name with another suffix."""
        return replace(self, path=self.path.with_suffix(suffix))

    def require_dtype(self, known: Collection[str], remedy: str) -> None:
        """Raise VolumeError unless the format holds the dtype."""
        if self.dtype.name not in known:
            msg = f"the dtype must be one that {self.path.suffix} holds ({', '.join(known)}); got {self.dtype.name}. {remedy}"
            raise VolumeError(msg)

    def require_uncompressed(self, remedy: str) -> None:
        """Raise VolumeError when compression is asked of a format that has none."""
        if self.compressed:
            msg = f"compression must be one that the format has; {self.path.suffix} has none. {remedy}"
            raise VolumeError(msg)


CHUNK_SIDE = 64
