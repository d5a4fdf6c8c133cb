"""Where crops lie: the grid of `seg-eval volume`, or places drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_common.schema.crop_store import StorePositions
from seg_common.seeding import stream
from seg_eval.prediction.orientation import to_volume
from seg_eval.prediction.tile_plan import Tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_eval.prediction.tile_plan import TilePlan


def grid_positions(tiles: TilePlan) -> tuple[NDArray[np.int64], StorePositions]:
    """Take the tiles of a grid.

    Parameters
    ----------
    tiles : TilePlan
        Grid of tiles.

    Returns
    -------
    starts : ndarray of int64, shape (crop, 3)
        First voxel (z, y, x) of the used part of each crop, in the volume's coordinates, in raster order.
    record : StorePositions
        How they were chosen.
    """
    axes = [np.array(axis.starts, np.int64) + axis.origin for axis in tiles.axes]
    starts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    z, y, x = (list(axis.starts) for axis in tiles.axes)
    return starts, StorePositions(kind="grid", asked=len(starts), repeated=0, seed=None, grid_starts=(z, y, x))


def random_positions(tiles: TilePlan, number: int, seed: int) -> tuple[NDArray[np.int64], StorePositions]:
    """Draw places for crops, each place of the region with the same probability.

    Parameters
    ----------
    tiles : TilePlan
        Shape of the crops; its grid plays no part.
    number : int
        Crops to draw.
    seed : int
        Seed of the drawing.

    Returns
    -------
    starts : ndarray of int64, shape (crop, 3)
        As `grid_positions`, each place once; fewer than `number` when places were drawn again.
    record : StorePositions
        How they were chosen.

    Raises
    ------
    CropError
        If no crop is asked for.
    """
    if number < 1:
        msg = f"a store must hold a crop; got {number} to draw. Ask for at least 1."
        raise CropError(msg)
    places = [axis.length - axis.used + 1 for axis in tiles.axes]
    drawn = stream(seed, "crop store").integers(0, places, (number, 3))
    starts = np.unique(drawn, axis=0) + np.array(tiles.region.start, np.int64)
    record = StorePositions(kind="random", asked=number, repeated=number - len(starts), seed=seed, grid_starts=None)
    return starts, record


def tile_from(tiles: TilePlan, start: Index3) -> Tile:
    """Make the tile whose used part begins at a voxel of the volume; its place in the grid is not known."""
    z, y, x = (axis.before for axis in tiles.axes)
    around = to_volume((tiles.slices // 2, 0, 0), tiles.normal)
    first = (start[0] - z, start[1] - y, start[2] - x)
    return Tile(
        position=(0, 0, 0),
        used=Box(start=start, shape=tiles.used_shape),
        read=Box(start=first, shape=tiles.tile_shape).grown(around),
        context=(z, y, x),
    )
