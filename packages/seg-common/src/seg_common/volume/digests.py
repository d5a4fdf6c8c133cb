"""Digests of voxels, whatever the file format: the same scan as TIFF and as HDF5 has the same digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from seg_common.geometry.box import Box
from seg_common.volume.slabs import SLAB_VOXELS, read_slabs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seg_common.volume.array_reader import ArrayReader


def array_digest(reader: ArrayReader, box: Box | None = None, advance: Callable[[int], None] | None = None) -> str:
    """Digest dtype, shape and voxels.

    Parameters
    ----------
    reader : ArrayReader
        The array.
    box : Box, optional
        Part to digest; all of it when not given.
    advance : callable, optional
        Told the number of slices after each slab, for progress bars.

    Returns
    -------
    str
        ``sha256:`` and 64 hexadecimal digits.
    """
    box = box or Box.whole(reader.shape)
    dtype = reader.dtype.newbyteorder("<")
    digest = hashlib.sha256(f"{dtype.name} {tuple(box.shape)}\n".encode())
    for slab, voxels in read_slabs(reader, box, SLAB_VOXELS):
        digest.update(np.ascontiguousarray(voxels, dtype=dtype).data)
        if advance is not None:
            advance(slab.shape[0])
    return f"sha256:{digest.hexdigest()}"


def file_digest(path: Path) -> str:
    """Digest the bytes of a file: ``sha256:`` and 64 hexadecimal digits."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
