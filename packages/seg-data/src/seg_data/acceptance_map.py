"""The acceptance of every position of a region, in one streaming pass: what is known exactly before any crop is drawn.

The pass slides the crop over the region. Column sums over the crop's depth are kept for one layer of positions, updated by one
slice that enters and one that leaves; so each voxel is read twice and memory is that of a few slices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from seg_common.geometry.box import Box
from seg_data.crop_content.mask import INSIDE
from seg_data.crop_rejection.quantities import ClassShare, MaskShare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_data.crop_content.content import RegionContent
    from seg_data.crop_judge import Judge


class Layer(NamedTuple):
    """All positions of one z."""

    z: int
    """Counted from the region's first position."""
    accepted: NDArray[np.float64]
    """Probability that a crop is offered and kept, shape (y, x)."""
    offered: NDArray[np.bool_]
    """Whether a crop holds a labelled voxel, shape (y, x)."""
    class_fractions: NDArray[np.float64]
    """Share of each class, shape (y, x, class)."""


def acceptance_layers(judge: Judge, region: Box, crop_shape: Index3) -> Iterator[Layer]:
    """Compute the acceptance of all positions, layer by layer along z.

    Parameters
    ----------
    judge : Judge
        Its function asks for shares of classes and masks only.
    region : Box
        Where the crops lie.
    crop_shape : tuple of int
        Shape of the crops (z, y, x).

    Yields
    ------
    Layer
    """
    content = judge.content
    voxels = int(np.prod(crop_shape))
    sources = _sources(judge)
    layers = zip(*(_counts(content, name, region, crop_shape) for name in sources), strict=True)
    for z, counts in enumerate(layers):
        fractions = counts[0] / voxels
        columns = [
            fractions[..., quantity.class_index]
            if isinstance(quantity, ClassShare)
            else counts[sources.index(quantity.mask)][..., INSIDE] / voxels
            for quantity in judge.quantities
            if isinstance(quantity, ClassShare | MaskShare)
        ]
        rejected = np.zeros(fractions.shape[:2])
        if judge.function is not None:
            values = np.stack(columns, axis=-1).reshape(-1, len(columns))
            rejected = judge.function.bounds(values, values)[0].reshape(rejected.shape)
        offered = counts[0].sum(axis=-1) > 0 if judge.sparse else np.ones(rejected.shape, bool)
        yield Layer(z, np.where(offered, 1 - rejected, 0.0), offered, fractions)


def acceptance_of_row(judge: Judge, region: Box, crop_shape: Index3) -> Callable[[int, int], NDArray[np.float64]]:
    """Make the function that computes one row of the acceptance: (z, y) of the row, from the first position, → (x,)."""

    def row(z: int, y: int) -> NDArray[np.float64]:
        start = (region.start[0] + z, region.start[1] + y, region.start[2])
        box = Box(start=start, shape=(crop_shape[0], crop_shape[1], region.shape[2]))
        (layer,) = acceptance_layers(judge, box, crop_shape)
        found: NDArray[np.float64] = layer.accepted[0]
        return found

    return row


def _sources(judge: Judge) -> list[str]:
    """Label volumes that are counted: the labels, which have no name here, and the masks."""
    masks = [quantity.mask for quantity in judge.quantities if isinstance(quantity, MaskShare)]
    return ["", *masks]


def _counts(content: RegionContent, mask: str, region: Box, crop_shape: Index3) -> Iterator[NDArray[np.int64]]:
    """Count the classes of all crops, layer by layer; shape (y, x, class)."""
    labels, n_classes = content.countable(mask)
    depth, rows, columns = region.shape
    sums = np.zeros((rows, columns, n_classes), np.int32)
    counts = np.empty((rows - crop_shape[1] + 1, columns - crop_shape[2] + 1, n_classes), np.int64)
    for z in range(depth):
        _add_slice(labels(_slice(region, z)), sums, 1)
        if z >= crop_shape[0]:
            _add_slice(labels(_slice(region, z - crop_shape[0])), sums, -1)
        if z >= crop_shape[0] - 1:
            _slide(sums, crop_shape[1], crop_shape[2], counts)
            yield counts


def _slice(region: Box, z: int) -> Box:
    return Box(start=(region.start[0] + z, *region.start[1:]), shape=(1, *region.shape[1:]))


@njit(nogil=True, cache=True)
def _add_slice(labels: NDArray[Any], sums: NDArray[np.int32], sign: int) -> None:  # pragma: no cover - compiled
    for y in range(sums.shape[0]):
        for x in range(sums.shape[1]):
            value = labels[0, y, x]
            if 0 <= value < sums.shape[2]:
                sums[y, x, value] += sign


@njit(nogil=True, cache=True)
def _slide(
    sums: NDArray[np.int32], rows: int, columns: int, counts: NDArray[np.int64]
) -> None:  # pragma: no cover - compiled
    """Sum over all boxes of some rows and columns."""
    n_classes = sums.shape[2]
    strip = np.zeros((sums.shape[1], n_classes), np.int64)
    for y in range(sums.shape[0]):
        for x in range(sums.shape[1]):
            for c in range(n_classes):
                strip[x, c] += sums[y, x, c]
                if y >= rows:
                    strip[x, c] -= sums[y - rows, x, c]
        if y < rows - 1:
            continue
        for c in range(n_classes):
            total = np.int64(0)
            for x in range(sums.shape[1]):
                total += strip[x, c]
                if x >= columns:
                    total -= strip[x - columns, c]
                if x >= columns - 1:
                    counts[y - rows + 1, x - columns + 1, c] = total
