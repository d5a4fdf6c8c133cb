"""Visits per voxel of a region, seen along each axis, and how many voxels have how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.blocks.plan import block_shape_for
from seg_common.geometry.tiling import block_boxes
from seg_data.coverage import sparse_labels, sum_histograms, visits_in
from seg_data.training_labels import IGNORED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.array_reader import ArrayReader
    from seg_data.coverage import VolumeCrops

BLOCK_BYTES = 2**26


@dataclass(frozen=True, eq=False)
class VisitMaps:
    """Visits of one region by some crops."""

    projections: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    """Mean visits along z, shape (y, x); along y, (z, x); along x, (z, y). NaN where no voxel is labelled."""
    histogram: NDArray[np.int64]
    """Element i is the number of voxels inside exactly i crops; ignored voxels are not counted."""


def visits_of_volume(crops: VolumeCrops) -> tuple[VisitMaps, VisitMaps]:
    """Count the visits of a volume's region by all offered and by the kept crops; one and the same if all are kept."""
    region, labels = crops.source.region, sparse_labels(crops.source)
    offered = visit_maps(crops.starts, crops.shapes, region, labels)
    if crops.kept.all():
        return offered, offered
    return offered, visit_maps(crops.starts[crops.kept], crops.shapes[crops.kept], region, labels)


def visit_maps(
    starts: NDArray[np.int64],
    shape: Index3 | NDArray[np.int64],
    region: Box,
    labels: ArrayReader | None = None,
    *,
    block_bytes: int = BLOCK_BYTES,
) -> VisitMaps:
    """Count visits block by block, so that memory does not grow with the region.

    Parameters
    ----------
    starts : ndarray of int64, shape (crop, 3)
        First voxels (z, y, x) of the crops.
    shape : tuple of int, or ndarray of int64, shape (crop, 3)
        Their shape (z, y, x), of all or of each.
    region : Box
        Where visits are counted.
    labels : ArrayReader, optional
        Training labels; with them, ignored voxels do not count.
    block_bytes : int
        Memory for one block.

    Returns
    -------
    VisitMaps
    """
    flat = [tuple(n for axis, n in enumerate(region.shape) if axis != along) for along in range(3)]
    visits, voxels = ([np.zeros(sides, np.int64) for sides in flat] for _ in range(2))
    histogram = np.zeros(1, np.int64)
    for block in block_boxes(region, block_shape_for(region.shape, 24, block_bytes)):
        inside = visits_in(block, starts, shape)
        counted = np.ones(block.shape, bool) if labels is None else labels.read(block) != IGNORED
        inside[~counted] = 0
        histogram = sum_histograms([histogram, np.bincount(inside[counted])])
        corner = tuple(-a for a in region.start)
        place = block.shifted((corner[0], corner[1], corner[2])).slices()
        for along in range(3):
            target = tuple(part for axis, part in enumerate(place) if axis != along)
            visits[along][target] += inside.sum(axis=along, dtype=np.int64)
            voxels[along][target] += counted.sum(axis=along)
    along_z, along_y, along_x = (
        np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
        for total, count in zip(visits, voxels, strict=True)
    )
    return VisitMaps((along_z, along_y, along_x), histogram)


def pooled_histogram(maps: Sequence[VisitMaps]) -> NDArray[np.int64]:
    """Add the histograms of several regions."""
    return sum_histograms([of.histogram for of in maps])
