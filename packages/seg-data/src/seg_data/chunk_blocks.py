"""Blocks that follow the chunks of stored arrays, so that no chunk is unpacked twice."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader

CHUNK_SIDE = 64
"""Side of the chunks that the volumes of this toolkit are stored in."""


def chunk_shape_of(readers: Sequence[ArrayReader]) -> Index3:
    """Longest chunk (z, y, x) of several arrays of one shape; 64 a side for a file that has none."""
    sides = []
    for axis, length in enumerate(readers[0].shape):
        chunks = [reader.chunk_shape for reader in readers]
        sides.append(min(length, max(CHUNK_SIDE if chunk is None else chunk[axis] for chunk in chunks)))
    return (sides[0], sides[1], sides[2])


def chunk_block_shape(
    shape: Index3, chunk: Index3, voxels: int, *, halo: Index3 = (0, 0, 0), rows_first: bool = True
) -> Index3:
    """Largest block of whole chunks within a number of voxels.

    Parameters
    ----------
    shape : tuple of int
        Voxels of the volume along (z, y, x).
    chunk : tuple of int
        Voxels of a chunk along (z, y, x).
    voxels : int
        Most voxels of a block with its halo. A chunk that is larger is cut to 64 a side, which is the least.
    halo : tuple of int
        Voxels (z, y, x) that are read around a block, on each side.
    rows_first : bool
        Whether blocks grow along x first, then y, then z, as files are stored; else their shortest side grows, which keeps
        the halo small.

    Returns
    -------
    tuple of int
        Block shape (z, y, x); each side is a whole number of chunks, or of cut chunks, or all of the axis.

    Examples
    --------
    >>> chunk_block_shape((512, 512, 512), (64, 64, 64), voxels=64 * 512 * 512)
    (64, 512, 512)
    >>> chunk_block_shape((512, 512, 512), (64, 64, 64), voxels=140**3, halo=(10, 10, 10), rows_first=False)
    (192, 128, 64)
    """

    def size(sides: Sequence[int]) -> int:
        return prod(side + 2 * h for side, h in zip(sides, halo, strict=True))

    step = [min(n, c) for n, c in zip(shape, chunk, strict=True)]
    if size(step) > voxels:
        step = [min(side, CHUNK_SIDE) for side in step]
    block = step.copy()
    growing = {0, 1, 2}
    while growing:
        axis = max(growing) if rows_first else min(growing, key=lambda a: (block[a] + 2 * halo[a], a))
        longer = block.copy()
        longer[axis] = min(shape[axis], block[axis] + step[axis])
        if longer == block or size(longer) > voxels:
            growing.discard(axis)
        else:
            block = longer
    return (block[0], block[1], block[2])
