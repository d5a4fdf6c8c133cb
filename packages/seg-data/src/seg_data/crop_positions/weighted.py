"""Positions with a probability each, that of the voxel in the middle of the crop."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.blocks.plan import block_shape_for
from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_data.crop_content.counted import CountedContent
from seg_data.crop_positions.rows import RowStarts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.volume.array_reader import ArrayReader

BLOCK_BYTES = 2**25
# A block of weights takes eight bytes, beside the block that it was made from.
BYTES_PER_VOXEL = 16


class VoxelWeights:
    """Weights of the positions of crops, read from an array.

    Parameters
    ----------
    array : ArrayReader
        What the weights are made from.
    weigh : callable
        Voxels of the array → weights, float64 of the same shape, not negative.
    region : Box
        Where the crops lie.
    crop_shape : tuple of int
        At most the region's shape, per axis (z, y, x).
    """

    def __init__(
        self,
        array: ArrayReader,
        weigh: Callable[[NDArray[Any]], NDArray[np.float64]],
        region: Box,
        crop_shape: Index3,
    ) -> None:
        self._array = array
        self._weigh = weigh
        self._region = region
        self.middles = middle_voxels(region, crop_shape)

    @cached_property
    def rows(self) -> RowStarts:
        """Positions by the sums of their rows, added up in one pass at the first use."""
        sums = np.zeros(self.middles.shape[:2])
        for block in block_boxes(self.middles, block_shape_for(self.middles.shape, BYTES_PER_VOXEL, BLOCK_BYTES)):
            z, y, _ = block.shifted(_negative(self.middles.start)).slices()
            sums[z, y] += self.of(block).sum(axis=2)
        return RowStarts(self._region.start, sums, self._row)

    def of(self, middles: Box) -> NDArray[np.float64]:
        """Weights of the positions whose middle voxels fill a box; shape ``middles.shape``."""
        return self._weigh(self._array.read(middles))

    def _row(self, z: int, y: int) -> NDArray[np.float64]:
        start, shape = self.middles.start, self.middles.shape
        box = Box(start=(start[0] + z, start[1] + y, start[2]), shape=(1, 1, shape[2]))
        return self.of(box).reshape(-1)


def middle_voxels(region: Box, crop_shape: Index3) -> Box:
    """Box of the voxels that are the middle of a crop inside the region; of even sides the middle is the upper one of two."""
    z, y, x = (a + c // 2 for a, c in zip(region.start, crop_shape, strict=True))
    depth, rows, columns = (n - c + 1 for n, c in zip(region.shape, crop_shape, strict=True))
    return Box(start=(z, y, x), shape=(depth, rows, columns))


def weights_by_class(
    labels: ArrayReader,
    class_names: Sequence[str],
    ignored_label: int | None,
    shares: Mapping[str, float],
    region: Box,
    crop_shape: Index3,
) -> VoxelWeights:
    """Weigh positions so that a share of the crops has a voxel of each class in the middle.

    Parameters
    ----------
    labels : ArrayReader
        Class indices.
    class_names : sequence of str
        Names by index.
    ignored_label : int or None
        Value of voxels in no class.
    shares : mapping of str to float
        Share of the crops by class; need not sum to 1.
    region : Box
        Where the crops lie.
    crop_shape : tuple of int
        Shape of the crops (z, y, x).

    Returns
    -------
    VoxelWeights

    Raises
    ------
    CropError
        If a class is unknown, or one with a share is never in the middle of a crop.
    """
    unknown = [name for name in shares if name not in class_names]
    if unknown:
        msg = (
            f"weighted positions need classes of the volume; got {unknown}, it has: {', '.join(class_names) or 'none'}."
        )
        raise CropError(msg)
    counts = CountedContent(labels, len(class_names), ignored_label).class_counts(middle_voxels(region, crop_shape))
    weights = np.zeros(len(class_names) + 1)
    for name, share in shares.items():
        index = list(class_names).index(name)
        if share and not counts[index]:
            msg = (
                f"a class with a share must be in the middle of a crop; {name!r} has no such voxel in {region} of {labels}. "
                "Leave the class away, or choose another partition or a smaller crop."
            )
            raise CropError(msg)
        weights[index] = share / counts[index] if share else 0.0

    def weigh(voxels: NDArray[Any]) -> NDArray[np.float64]:
        inside = (voxels >= 0) & (voxels < len(class_names))
        found: NDArray[np.float64] = weights[np.where(inside, voxels, len(class_names))]
        return found

    return VoxelWeights(labels, weigh, region, crop_shape)


def weights_by_volume(array: ArrayReader, region: Box, crop_shape: Index3) -> VoxelWeights:
    """Weigh positions by the value of an array at their middle voxel.

    Raises
    ------
    CropError
        While the weights are read, if one is negative or not a number.
    """

    def weigh(voxels: NDArray[Any]) -> NDArray[np.float64]:
        weights = voxels.astype(np.float64)
        if not (weights >= 0).all() or np.isinf(weights).any():
            wrong = weights[~(weights >= 0) | np.isinf(weights)].flat[0]
            msg = f"weights of positions must be finite and not negative; {array} holds {wrong}. Correct the array."
            raise CropError(msg)
        return weights

    return VoxelWeights(array, weigh, region, crop_shape)


def _negative(index: Index3) -> Index3:
    z, y, x = (-a for a in index)
    return z, y, x
