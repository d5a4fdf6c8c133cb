"""Which slices the report shows: the middle ones, the notable ones, those of the largest errors, and others spread between."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.geometry.box import Box
    from seg_common.schema.evaluation import BlobBox, EvaluationDocument

AXES = "zyx"
MOST = (32, 12, 12)
"""Slices shown across z, y, x; scans are looked at across z, and slices across x are the slowest to read."""


def choose_slices(document: EvaluationDocument) -> list[tuple[int, int]]:
    """Choose slices, the most wanted first.

    Parameters
    ----------
    document : EvaluationDocument
        Region, notable slices, the largest error blobs, slices to annotate next.

    Returns
    -------
    list of (axis, index)
        Axis across the slice (0, 1, 2 for z, y, x) and its place in the volume's coordinates; each once. Across y and x only
        when the region is thicker than one slice.
    """
    region = document.region
    axes = range(3) if region.shape[0] > 1 else range(1)
    wanted = [(axis, _spread(region, axis, 1)) for axis in axes]
    wanted += [(AXES.index(one.axis), one.index) for one in document.notable_slices]
    largest = [] if document.error_blobs_pooled is None else document.error_blobs_pooled.largest
    wanted += [(0, voxel[0]) for blob in largest if (voxel := middle_voxel(blob)) is not None]
    wanted += [(AXES.index(one.axis), one.index) for one in document.annotate_next]
    chosen: dict[tuple[int, int], None] = {}
    for axis, index in [*wanted, *_others(region, axes)]:
        room = sum(1 for other, _ in chosen if other == axis) < MOST[axis]
        if axis in axes and room and region.start[axis] <= index < region.stop[axis]:
            chosen[axis, index] = None
    return list(chosen)


def middle_voxel(blob: BlobBox) -> tuple[int, int, int] | None:
    """Give the voxel nearest to the centroid of a blob; halfway between two voxels, the first one."""
    if blob.centroid is None:
        return None
    z, y, x = (math.ceil(place - 0.5) for place in blob.centroid)
    return z, y, x


def _others(region: Box, axes: range) -> Iterator[tuple[int, int]]:
    """Give slices of all axes that divide the region ever more finely."""
    for place in range(1, 2 * max(MOST)):
        for axis in axes:
            if place < 2 * MOST[axis]:
                yield axis, _spread(region, axis, place)


def _spread(region: Box, axis: int, place: int) -> int:
    """Give the place-th of a sequence of slices: the middle, the quarters, the eighths (van der Corput)."""
    fraction = 0.0
    weight = 0.5
    while place:
        fraction += weight * (place & 1)
        place, weight = place >> 1, weight / 2
    return region.start[axis] + int(fraction * region.shape[axis])
