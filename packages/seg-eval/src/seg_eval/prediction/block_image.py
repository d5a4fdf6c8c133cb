"""The grey levels that the tiles of one block see, read from disk once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box
from seg_common.volume.reflection import read_reflected
from seg_eval.prediction.orientation import network_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.prediction.tile_plan import Tile, TilePlan


class BlockImage:
    """Voxels of a block and the context around it; tiles are cut out of memory.

    A compressed file would otherwise unpack the same chunk again for each of the slices and tiles in it.

    Parameters
    ----------
    image : ArrayReader
        Grey levels of the volume.
    plan : TilePlan
        Grid of tiles.
    block : Box
        Part of the region.
    """

    def __init__(self, image: ArrayReader, plan: TilePlan, block: Box) -> None:
        box = plan.read_box(block)
        self._start = box.start
        self._slices = plan.slices
        self._axes = network_axes(plan.normal)
        # Beyond the region lie real voxels of the volume; only beyond the volume are they mirrored.
        self._voxels = read_reflected(image, box, Box.whole(image.shape))

    def batch(self, tiles: Sequence[Tile]) -> NDArray[Any]:
        """Voxels that the network sees.

        Parameters
        ----------
        tiles : sequence of Tile
            Tiles of the block.

        Returns
        -------
        ndarray, shape (tile, z, y, x, channel)
            In the dtype of the volume; slices are channels when there are several. For slices across y or x the axes are
            those of the network: (y, z, x) or (x, z, y).
        """
        z, y, x = self._start
        cut = np.stack([self._voxels[tile.read.shifted((-z, -y, -x)).slices()].transpose(self._axes) for tile in tiles])
        if self._slices == 1:
            return cut[..., np.newaxis]
        return np.ascontiguousarray(cut.transpose(0, 2, 3, 1))[:, np.newaxis]
