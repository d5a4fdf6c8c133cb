"""Whole slices in the order of z, from a volume whose chunks are deeper than a slab that fits in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.volume.temporary_voxels import temporary_voxels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader

SLAB_VOXELS = 2**25


def read_slabs(
    reader: ArrayReader, box: Box | None = None, slab_voxels: int = SLAB_VOXELS
) -> Iterator[tuple[Box, NDArray[Any]]]:
    """Read an array as whole slices, unpacking each chunk once.

    Parameters
    ----------
    reader : ArrayReader
        The array.
    box : Box, optional
        Part to read; all of it when not given.
    slab_voxels : int
        Voxels of a slab, which is one slice at least. Where a slab is thinner than a chunk, a layer of chunks goes through a
        temporary file, in the folder that the environment variable TMPDIR names; one row of chunks is in memory then.

    Yields
    ------
    Box, ndarray
        Slabs in the order of z, and their voxels; never to be written to.

    Raises
    ------
    VolumeError
        If the file is damaged, or there is no room for a layer of chunks.
    """
    box = box or Box.whole(reader.shape)
    _, rows, columns = box.shape
    depth = max(1, slab_voxels // (rows * columns))
    chunk = reader.chunk_shape
    if chunk is None or chunk[0] == 1:
        for slab in block_boxes(box, (depth, rows, columns)):
            yield slab, reader.read(slab)
        return
    for layer in _cut(box, 0, max(1, depth // chunk[0]) * chunk[0]):
        if layer.shape[0] <= depth:
            yield layer, reader.read(layer)
        else:
            yield from _spooled(reader, layer, chunk, depth)


def _cut(box: Box, axis: int, side: int) -> Iterator[Box]:
    """Cut a box along an axis where the multiples of a side are."""
    first, last = box.start[axis], box.stop[axis]
    for start in range(first // side * side, last, side):
        a, b = list(box.start), list(box.stop)
        a[axis], b[axis] = max(start, first), min(start + side, last)
        yield Box.between((a[0], a[1], a[2]), (b[0], b[1], b[2]))


def _spooled(reader: ArrayReader, layer: Box, chunk: Index3, depth: int) -> Iterator[tuple[Box, NDArray[Any]]]:
    """Write rows of chunks to where their slices lie in a temporary file, and read slabs from it."""
    _, rows, columns = layer.shape
    width = reader.dtype.itemsize
    with temporary_voxels(layer.voxels * width, f"a layer of chunks of {reader}") as temporary:
        for part in _cut(layer, 1, chunk[1]):
            first_row = part.start[1] - layer.start[1]
            for z, plane in enumerate(reader.read(part)):
                temporary.file.seek((z * rows + first_row) * columns * width)
                temporary.write(np.ascontiguousarray(plane).reshape(-1).view(np.uint8).data)
        temporary.file.seek(0)
        for slab in block_boxes(layer, (depth, rows, columns)):
            yield slab, np.fromfile(temporary.file, reader.dtype, slab.voxels).reshape(slab.shape)
