"""Numbers that describe many blobs: how many, how large, how long, how cubic, and where the largest are."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from seg_common.geometry.box import Box
from seg_common.schema.evaluation import BlobBox, BlobStatistics
from seg_common.schema.evaluation_measures import Axis, PhysicalBlobs, SizeHistogram, SizePercentiles
from seg_eval.metrics.size_bins import size_bins, size_edges
from seg_eval.metrics.size_statistics import size_percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_eval.streaming.blob_table import BlobTable

AXES: tuple[Axis, Axis, Axis] = ("z", "y", "x")

LARGEST_LISTED = 10
"""How many blobs are listed with their boxes unless told otherwise."""


@dataclass(frozen=True)
class Surroundings:
    """What a table of blobs does not know by itself."""

    region: Box
    """What was searched: blobs at its border may be cut off."""
    voxel_size: tuple[float, float, float] | None = None
    """Edge lengths (z, y, x) of a voxel."""
    unit: str | None = None
    """Their unit."""


def blob_statistics(
    table: BlobTable, largest: int = LARGEST_LISTED, surroundings: Surroundings | None = None
) -> BlobStatistics:
    """Summarise the blobs of a table, all codes together.

    Take the blobs of one class first with `BlobTable.of_code`.

    Parameters
    ----------
    table : BlobTable
        Blobs of one kind.
    largest : int
        How many of the largest blobs are listed with their boxes, largest first; blobs of one size come in the order of
        their first voxels.
    surroundings : Surroundings, optional
        Region and voxel size; without them nothing is said about borders and physical units.

    Returns
    -------
    BlobStatistics
        Sizes and sides in voxels. Where several sides of a box are the longest, the first of z, y, x counts; where several
        blobs have the longest side, the first one counts. Cubic-ness is the shortest side / the longest side. Percentiles
        are sizes that occur; the histogram has bins of doubling width.

    Examples
    --------
    >>> import numpy as np
    >>> from seg_eval.streaming.streaming_blobs import label_blobs
    >>> statistics = blob_statistics(label_blobs(np.array([[[1, 0, 1, 1, 1, 1]]], np.uint8), connectivity=1))
    >>> statistics.count, statistics.total, statistics.max, statistics.longest_axis, statistics.largest[0].cubicness
    (2, 5, 4, 'x', 0.25)
    """
    count = len(table)
    if count == 0:
        return BlobStatistics(
            count=0,
            total=0,
            min=None,
            max=None,
            mean=None,
            median=None,
            longest_side=None,
            longest_axis=None,
            mean_cubicness=None,
            longest_axis_counts=dict.fromkeys(AXES, 0),
            largest=[],
            touching_border=None if surroundings is None else 0,
            physical=_physical(table, surroundings),
        )
    sides = table.sides
    longest_axis = sides.argmax(axis=1)
    longest_side = sides.max(axis=1)
    longest_blob = int(longest_side.argmax())
    axis_counts = np.bincount(longest_axis, minlength=3).tolist()
    total = int(table.voxels.sum())
    touching = None if surroundings is None else int(np.count_nonzero(_touching(table, surroundings.region)))
    percentiles = size_percentiles(table.voxels) or {}
    return BlobStatistics(
        count=count,
        total=total,
        min=int(table.voxels.min()),
        max=int(table.voxels.max()),
        mean=total / count,
        median=float(np.median(table.voxels)),
        longest_side=int(longest_side[longest_blob]),
        longest_axis=AXES[int(longest_axis[longest_blob])],
        mean_cubicness=float(np.mean(sides.min(axis=1) / longest_side)),
        longest_axis_counts=dict(zip(AXES, axis_counts, strict=True)),
        largest=_boxes(table.rows(largest_rows(table.voxels, largest)), surroundings),
        percentiles=SizePercentiles(**{f"p{q}": size for q, size in percentiles.items()}),
        histogram=_histogram(table.voxels),
        touching_border=touching,
        share_touching_border=None if touching is None else touching / count,
        physical=_physical(table, surroundings),
    )


def largest_rows(voxels: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Rows of the largest blobs, largest first, without sorting millions of small ones."""
    number = min(number, voxels.size)
    if number == 0:
        return np.empty(0, np.int64)
    smallest = np.partition(voxels, voxels.size - number)[voxels.size - number]
    larger = np.flatnonzero(voxels > smallest)
    equal = np.flatnonzero(voxels == smallest)[: number - larger.size]
    rows = np.concatenate([larger, equal])
    return rows[np.argsort(-voxels[rows], kind="stable")]


def _histogram(voxels: NDArray[np.int64]) -> SizeHistogram:
    edges = size_edges(int(voxels.max()))
    counts = np.bincount(size_bins(voxels), minlength=len(edges) - 1)
    return SizeHistogram(edges=edges, counts=counts.tolist())


def _touching(table: BlobTable, region: Box) -> NDArray[np.bool_]:
    """Blobs whose box reaches the border, along axes on which the region is more than one voxel wide."""
    wide = [axis for axis in range(3) if region.shape[axis] > 1]
    first = table.box_start[:, wide] <= np.array(region.start)[wide]
    last = table.box_stop[:, wide] >= np.array(region.stop)[wide]
    return np.asarray((first | last).any(axis=1), np.bool_)


def _physical(table: BlobTable, surroundings: Surroundings | None) -> PhysicalBlobs | None:
    if surroundings is None or surroundings.voxel_size is None:
        return None
    volume, count = prod(surroundings.voxel_size), len(table)
    sides = table.sides * np.array(surroundings.voxel_size)
    longest = sides.max(axis=1)
    where = int(longest.argmax()) if count else 0
    total = int(table.voxels.sum())
    return PhysicalBlobs(
        unit=surroundings.unit or "",
        total=total * volume,
        min=int(table.voxels.min()) * volume if count else None,
        max=int(table.voxels.max()) * volume if count else None,
        mean=total * volume / count if count else None,
        median=float(np.median(table.voxels)) * volume if count else None,
        longest_side=float(longest[where]) if count else None,
        longest_axis=AXES[int(sides[where].argmax())] if count else None,
        mean_cubicness=float(np.mean(sides.min(axis=1) / longest)) if count else None,
    )


def _boxes(table: BlobTable, surroundings: Surroundings | None) -> list[BlobBox]:
    size = None if surroundings is None else surroundings.voxel_size
    touching = None if surroundings is None else _touching(table, surroundings.region).tolist()
    rows = zip(
        table.voxels.tolist(), table.box_start.tolist(), table.sides.tolist(), table.centroid.tolist(), strict=True
    )
    boxes = []
    for place, (voxels, start, sides, centroid) in enumerate(rows):
        longest = max(sides)
        boxes.append(
            BlobBox(
                voxels=voxels,
                box=Box(start=tuple(start), shape=tuple(sides)),
                longest_side=longest,
                longest_axis=AXES[sides.index(longest)],
                cubicness=min(sides) / longest,
                centroid=tuple(centroid),
                touches_border=None if touching is None else touching[place],
                volume=None if size is None else voxels * prod(size),
            )
        )
    return boxes
