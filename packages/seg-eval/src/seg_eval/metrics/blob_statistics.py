"""Numbers that describe many blobs: how many, how large, how long, how cubic, and where the largest are."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box
from seg_common.schema.evaluation import BlobBox, BlobStatistics
from seg_common.schema.evaluation_measures import Axis, PhysicalBlobs, SizeHistogram, SizePercentiles
from seg_eval.metrics.blob_summary import LARGEST_LISTED, BlobSummary, touching
from seg_eval.metrics.size_bins import size_bins, size_edges
from seg_eval.metrics.size_statistics import size_median, size_percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_eval.streaming.blob_table import BlobTable

AXES: tuple[Axis, Axis, Axis] = ("z", "y", "x")


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
        See `summary_statistics`.

    Examples
    --------
    >>> import numpy as np
    >>> from seg_eval.streaming.streaming_blobs import label_blobs
    >>> statistics = blob_statistics(label_blobs(np.array([[[1, 0, 1, 1, 1, 1]]], np.uint8), connectivity=1))
    >>> statistics.count, statistics.total, statistics.max, statistics.longest_axis, statistics.largest[0].cubicness
    (2, 5, 4, 'x', 0.25)
    """
    summary = BlobSummary(None if surroundings is None else surroundings.region, largest)
    summary.add(table)
    return summary_statistics(summary, surroundings)


def summary_statistics(summary: BlobSummary, surroundings: Surroundings | None = None) -> BlobStatistics:
    """Turn what was counted of many blobs into numbers.

    Parameters
    ----------
    summary : BlobSummary
        Blobs of one kind.
    surroundings : Surroundings, optional
        Voxel size; without it nothing is said about physical units.

    Returns
    -------
    BlobStatistics
        Sizes and sides in voxels. Where several sides of a box are the longest, the first of z, y, x counts; where several
        blobs have the longest side, the first one counts. Cubic-ness is the shortest side / the longest side. Percentiles
        are sizes that occur; the histogram has bins of doubling width.
    """
    count, total = summary.count, summary.total
    touched = None if summary.region is None else summary.touching_border
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
            touching_border=touched,
            physical=_physical(summary, surroundings),
        )
    longest_side, longest_axis = _longest(summary, summary.sides)
    axis_counts = [int(summary.side_counts[summary.sides.argmax(axis=1) == axis].sum()) for axis in range(3)]
    percentiles = size_percentiles(summary.sizes, summary.size_counts) or {}
    return BlobStatistics(
        count=count,
        total=total,
        min=int(summary.sizes[0]),
        max=int(summary.sizes[-1]),
        mean=total / count,
        median=size_median(summary.sizes, summary.size_counts),
        longest_side=int(longest_side),
        longest_axis=longest_axis,
        mean_cubicness=_mean_cubicness(summary, summary.sides),
        longest_axis_counts=dict(zip(AXES, axis_counts, strict=True)),
        largest=_boxes(summary.largest, summary.region, surroundings),
        percentiles=SizePercentiles(**{f"p{q}": size for q, size in percentiles.items()}),
        histogram=_histogram(summary.sizes, summary.size_counts),
        touching_border=touched,
        share_touching_border=None if touched is None else touched / count,
        physical=_physical(summary, surroundings),
    )


def _longest(summary: BlobSummary, sides: NDArray[Any]) -> tuple[float, Axis]:
    """Longest side of all boxes, and its axis in the first blob that has it."""
    longest = sides.max(axis=1)
    candidates = np.flatnonzero(longest == longest.max())
    first = candidates[summary.side_firsts[candidates].argmin()]
    return float(longest[first]), AXES[int(sides[first].argmax())]


def _mean_cubicness(summary: BlobSummary, sides: NDArray[Any]) -> float:
    return fsum((sides.min(axis=1) / sides.max(axis=1) * summary.side_counts).tolist()) / summary.count


def _histogram(sizes: NDArray[np.int64], size_counts: NDArray[np.int64]) -> SizeHistogram:
    edges = size_edges(int(sizes[-1]))
    counts = np.zeros(len(edges) - 1, np.int64)
    np.add.at(counts, size_bins(sizes), size_counts)
    return SizeHistogram(edges=edges, counts=counts.tolist())


def _physical(summary: BlobSummary, surroundings: Surroundings | None) -> PhysicalBlobs | None:
    if surroundings is None or surroundings.voxel_size is None:
        return None
    volume, count, total = prod(surroundings.voxel_size), summary.count, summary.total
    sides = summary.sides * np.array(surroundings.voxel_size)
    longest_side, longest_axis = _longest(summary, sides) if count else (None, None)
    return PhysicalBlobs(
        unit=surroundings.unit or "",
        total=total * volume,
        min=int(summary.sizes[0]) * volume if count else None,
        max=int(summary.sizes[-1]) * volume if count else None,
        mean=total * volume / count if count else None,
        median=size_median(summary.sizes, summary.size_counts) * volume if count else None,
        longest_side=longest_side,
        longest_axis=longest_axis,
        mean_cubicness=_mean_cubicness(summary, sides) if count else None,
    )


def _boxes(table: BlobTable, region: Box | None, surroundings: Surroundings | None) -> list[BlobBox]:
    size = None if surroundings is None else surroundings.voxel_size
    touched = None if region is None else touching(table, region).tolist()
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
                touches_border=None if touched is None else touched[place],
                volume=None if size is None else voxels * prod(size),
            )
        )
    return boxes
