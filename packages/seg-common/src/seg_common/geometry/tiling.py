"""Grids that cover a region: tile starts with overlap, blocks, and separable blending windows."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from seg_common.errors import CropError
from seg_common.geometry.box import Box, Index3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BlendingWindow = Literal["mean", "gaussian"]

GAUSSIAN_SIGMA_SHARE = 0.125
"""Width of the Gaussian window as a share of the tile: weights fall to about 3e-4 at the border."""


def grid_starts(length: int, size: int, min_overlap: int = 0) -> list[int]:
    """Spread the fewest tiles of one size evenly over an axis, so that they cover it.

    Parameters
    ----------
    length : int
        Voxels to cover along the axis.
    size : int
        Voxels of one tile; at most `length`.
    min_overlap : int
        Voxels that neighbours share at the least, in [0, size).

    Returns
    -------
    list of int
        Increasing starts; the first is 0 and the last is ``length - size``.

    Raises
    ------
    CropError
        If the tile does not fit, or the overlap leaves no progress.

    Examples
    --------
    >>> grid_starts(10, 4, 0)
    [0, 3, 6]
    """
    if not 1 <= size <= length:
        msg = f"a tile must fit inside the region on every axis; got size {size} for length {length}. Choose size ≤ {length}."
        raise CropError(msg)
    if not 0 <= min_overlap < size:
        msg = f"the overlap must be in [0, tile size); got overlap {min_overlap} for tile size {size}. Choose less."
        raise CropError(msg)
    room = length - size
    steps = -(-room // (size - min_overlap))
    return [room * i // steps for i in range(steps + 1)] if steps else [0]


def block_boxes(region: Box, block_shape: Index3) -> Iterator[Box]:
    """Cut a region into blocks, in raster order (z slowest); the last block of an axis may be smaller.

    Parameters
    ----------
    region : Box
        What to cut.
    block_shape : tuple of int
        Edge lengths (z, y, x), each at least 1.

    Yields
    ------
    Box
        Disjoint boxes whose union is the region, in the region's coordinates.

    Raises
    ------
    CropError
        If a block would hold no voxel.
    """
    if min(block_shape) < 1:
        msg = f"a block must hold a voxel on every axis; got block shape {block_shape}. Give three positive numbers."
        raise CropError(msg)
    axes = [range(a, b, n) for a, b, n in zip(region.start, region.stop, block_shape, strict=True)]
    for z, y, x in product(*axes):
        rest = (region.stop[0] - z, region.stop[1] - y, region.stop[2] - x)
        yield Box(
            start=(z, y, x),
            shape=(min(block_shape[0], rest[0]), min(block_shape[1], rest[1]), min(block_shape[2], rest[2])),
        )


def blending_window(size: int, kind: BlendingWindow) -> NDArray[np.float32]:
    """Weights of a tile along one axis; the tile's weights are the outer product of its three axes.

    Parameters
    ----------
    size : int
        Voxels of the tile along the axis.
    kind : {"mean", "gaussian"}
        ``mean`` weighs every voxel alike, ``gaussian`` trusts the middle of the tile more.

    Returns
    -------
    ndarray of float32, shape (size,)
        Positive weights, at most 1, symmetric.

    Raises
    ------
    CropError
        If the kind is unknown.
    """
    if kind not in get_args(BlendingWindow):
        msg = f"the blending must be one of {', '.join(get_args(BlendingWindow))}; got {kind!r}."
        raise CropError(msg)
    if kind == "mean":
        return np.ones(size, np.float32)
    distance = np.arange(size) - (size - 1) / 2
    weights: NDArray[np.float32] = np.exp(-0.5 * (distance / (GAUSSIAN_SIGMA_SHARE * size)) ** 2).astype(np.float32)
    return weights
