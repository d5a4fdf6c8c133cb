"""Voxels as bytes on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def little_endian(voxels: NDArray[Any]) -> memoryview:
    """Bytes of the voxels, x fastest, the lowest byte of each voxel first; no copy on most machines."""
    return np.ascontiguousarray(voxels, dtype=voxels.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
