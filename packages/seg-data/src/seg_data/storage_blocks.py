"""Blocks of an array in the order in which it is stored, so that it is read once from its beginning to its end."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from seg_common.blocks.plan import block_shape_for
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_data.axis_order import ReorderedAxes

if TYPE_CHECKING:
    from seg_common.volume.array_reader import ArrayReader


def storage_blocks(reader: ArrayReader, bytes_per_voxel: int, budget_bytes: int) -> list[Box]:
    """Cut an array into blocks of whole storage chunks, where its file has some.

    Parameters
    ----------
    reader : ArrayReader
        The array; one whose axes are stored in another order is cut along that order.
    bytes_per_voxel : int
        Memory that the work needs for each voxel of a block.
    budget_bytes : int
        Memory that a block may take; exceeded only where a single chunk does, which is unpacked as a whole anyway.

    Returns
    -------
    list of Box
        Boxes (z, y, x) that cover the array, each voxel once.
    """
    if isinstance(reader, ReorderedAxes):
        return [reader.volume_box(box) for box in storage_blocks(reader.stored, bytes_per_voxel, budget_bytes)]
    chunk = reader.chunk_shape or (1, 1, 1)
    z, y, x = (-(-n // c) for n, c in zip(reader.shape, chunk, strict=True))
    chunks = block_shape_for((z, y, x), prod(chunk) * bytes_per_voxel, budget_bytes)
    z, y, x = (min(n, c * k) for n, c, k in zip(reader.shape, chunk, chunks, strict=True))
    return list(block_boxes(Box.whole(reader.shape), (z, y, x)))
