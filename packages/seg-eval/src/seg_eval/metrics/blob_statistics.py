"""Numbers that describe many blobs: how many, how large, how long, how cubic, and where the largest are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.geometry.box import Box
from seg_common.schema.evaluation import Axis, BlobBox, BlobStatistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_eval.streaming.blob_table import BlobTable

AXES: tuple[Axis, Axis, Axis] = ("z", "y", "x")

LARGEST_LISTED = 10
"""How many blobs are listed with their boxes unless told otherwise."""


def blob_statistics(table: BlobTable, largest: int = LARGEST_LISTED) -> BlobStatistics:
    """Summarise the blobs of a table, all codes together.

    Take the blobs of one class first with `BlobTable.of_code`.

    Parameters
    ----------
    table : BlobTable
        Blobs of one kind.
    largest : int
        How many of the largest blobs are listed with their boxes, largest first; blobs of one size come in the order of
        their first voxels.

    Returns
    -------
    BlobStatistics
        Sizes and sides in voxels. Where several sides of a box are the longest, the first of z, y, x counts; where several
        blobs have the longest side, the first one counts. Cubic-ness is the shortest side / the longest side.

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
        )
    sides = table.sides
    longest_axis = sides.argmax(axis=1)
    longest_side = sides.max(axis=1)
    longest_blob = int(longest_side.argmax())
    axis_counts = np.bincount(longest_axis, minlength=3).tolist()
    total = int(table.voxels.sum())
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
        largest=_boxes(table.rows(_largest_rows(table.voxels, largest))),
    )


def _largest_rows(voxels: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Rows of the largest blobs, largest first, without sorting millions of small ones."""
    number = min(number, voxels.size)
    if number == 0:
        return np.empty(0, np.int64)
    smallest = np.partition(voxels, voxels.size - number)[voxels.size - number]
    larger = np.flatnonzero(voxels > smallest)
    equal = np.flatnonzero(voxels == smallest)[: number - larger.size]
    rows = np.concatenate([larger, equal])
    return rows[np.argsort(-voxels[rows], kind="stable")]


def _boxes(table: BlobTable) -> list[BlobBox]:
    boxes = []
    for voxels, start, sides in zip(table.voxels.tolist(), table.box_start.tolist(), table.sides.tolist(), strict=True):
        longest = max(sides)
        boxes.append(
            BlobBox(
                voxels=voxels,
                box=Box(start=tuple(start), shape=tuple(sides)),
                longest_side=longest,
                longest_axis=AXES[sides.index(longest)],
                cubicness=min(sides) / longest,
            )
        )
    return boxes
