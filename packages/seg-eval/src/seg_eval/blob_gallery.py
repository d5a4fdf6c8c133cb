"""Shapes of the few blobs that are shown one by one: their voxels are read once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.geometry.box import Box
from seg_eval.metrics.blob_shape import MOST_VOXELS, blob_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.schema.evaluation_measures import BlobShape
    from seg_eval.streaming.blob_table import BlobTable
    from seg_eval.streaming.streaming_blobs import Connectivity


def gallery_shapes(
    blobs: BlobTable,
    read_mask: Callable[[Box], NDArray[np.bool_]],
    region: Box,
    connectivity: Connectivity,
    voxel_size: tuple[float, float, float] | None = None,
    unit: str | None = None,
) -> list[BlobShape | None]:
    """Describe blobs one by one.

    Parameters
    ----------
    blobs : BlobTable
        Blobs of one code.
    read_mask : callable
        Gives the mask of that code in a box.
    region : Box
        What was searched.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.
    voxel_size : tuple of float, optional
        Edge lengths (z, y, x) of a voxel; lengths are in voxels without them.
    unit : str, optional
        Their unit.

    Returns
    -------
    list of BlobShape or None
        In the order of the table; None for a blob whose box is too large to read at one time.
    """
    shapes: list[BlobShape | None] = []
    for start, sides, first in zip(
        blobs.box_start.tolist(), blobs.sides.tolist(), blobs.first_voxel.tolist(), strict=True
    ):
        box = Box(start=tuple(start), shape=tuple(sides))
        if box.voxels > MOST_VOXELS:
            shapes.append(None)
            continue
        z, in_plane = divmod(first, region.shape[1] * region.shape[2])
        voxel = (z, *divmod(in_plane, region.shape[2]))
        inside = tuple(v + r - b for v, r, b in zip(voxel, region.start, box.start, strict=True))
        size = voxel_size or (1.0, 1.0, 1.0)
        label = "voxels" if voxel_size is None else unit or ""
        shapes.append(blob_shape(read_mask(box), (inside[0], inside[1], inside[2]), connectivity, size, label))
    return shapes
