"""The grid of tiles over a region, fixed by the region alone: how the work is cut into blocks cannot change it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from seg_common.errors import CropError
from seg_common.geometry.box import Box, Index3
from seg_common.geometry.tiling import grid_starts
from seg_eval.prediction.orientation import to_volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Tile:
    """One call's worth of voxels for the network."""

    position: Index3
    """Place in the grid, counted along (z, y, x)."""
    used: Box
    """Voxels whose answers are used, in the volume's coordinates; inside the region."""
    read: Box
    """Voxels that the network sees, in the volume's coordinates; may leave the volume."""
    context: Index3
    """Voxels of the network's answer (z, y, x) in front of the used part."""


@dataclass(frozen=True)
class AxisGrid:
    """The tiles along one axis; tiles of the volume are all combinations of three."""

    origin: int
    """First voxel of the region."""
    length: int
    """Voxels of the region."""
    tile: int
    """Voxels that the network sees."""
    used: int
    """Voxels whose answers are used."""
    overlap: int
    """Voxels that the used parts of neighbours share at the least."""
    starts: tuple[int, ...]
    """First used voxels, relative to the region."""

    @property
    def before(self) -> int:
        """Voxels of context in front of the used part; those behind it are as many, or one more."""
        return (self.tile - self.used) // 2

    def touching(self, start: int, stop: int) -> range:
        """Places of the tiles whose used part meets the voxels start … stop - 1 of the volume."""
        first = bisect_right(self.starts, start - self.origin - self.used)
        return range(first, bisect_left(self.starts, stop - self.origin))


@dataclass(frozen=True)
class TilePlan:
    """All tiles of a region, and which of them a block needs."""

    region: Box
    """What the used parts cover, in the volume's coordinates."""
    axes: tuple[AxisGrid, AxisGrid, AxisGrid]
    """Grids along z, y and x."""
    slices: int = 1
    """Slices read for one classified slice: the channels of a 2.5D network."""
    normal: int = 0
    """Axis of the volume across which the slices of a 2D network lie: 0, 1, 2 for z, y, x."""

    @property
    def tile_shape(self) -> Index3:
        """Voxels (z, y, x) that the network classifies at one time, the halo included, channels not."""
        z, y, x = (axis.tile for axis in self.axes)
        return z, y, x

    @property
    def used_shape(self) -> Index3:
        """Part of a tile (z, y, x) whose answers are used."""
        z, y, x = (axis.used for axis in self.axes)
        return z, y, x

    @property
    def min_overlap(self) -> Index3:
        """Voxels (z, y, x) that the used parts of neighbours share at the least."""
        z, y, x = (axis.overlap for axis in self.axes)
        return z, y, x

    @property
    def tiles(self) -> int:
        """Number of tiles of the grid."""
        return prod(len(axis.starts) for axis in self.axes)

    def tiles_in(self, block: Box) -> Iterator[Tile]:
        """Tiles whose used part meets a block, in raster order: every block adds them up in the same order.

        Parameters
        ----------
        block : Box
            Part of the region, in the volume's coordinates.

        Yields
        ------
        Tile
            Each once.
        """
        for z, y, x in product(*self._touching(block)):
            yield self.tile_at((z, y, x))

    def count_in(self, block: Box) -> int:
        """Count the tiles that meet a block."""
        return prod(len(places) for places in self._touching(block))

    def read_box(self, block: Box) -> Box:
        """Smallest box that holds all voxels read by the tiles of a block; may leave the volume."""
        places = self._touching(block)
        first = self.tile_at((places[0][0], places[1][0], places[2][0])).read
        last = self.tile_at((places[0][-1], places[1][-1], places[2][-1])).read
        return Box.between(first.start, last.stop)

    def tile_at(self, position: Index3) -> Tile:
        """Tile at a place of the grid."""
        starts = [axis.origin + axis.starts[i] for axis, i in zip(self.axes, position, strict=True)]
        context = (self.axes[0].before, self.axes[1].before, self.axes[2].before)
        around = to_volume((self.slices // 2, 0, 0), self.normal)
        first = [start - before for start, before in zip(starts, context, strict=True)]
        return Tile(
            position=position,
            used=Box(start=(starts[0], starts[1], starts[2]), shape=self.used_shape),
            read=Box(start=(first[0], first[1], first[2]), shape=self.tile_shape).grown(around),
            context=context,
        )

    def _touching(self, block: Box) -> list[range]:
        return [axis.touching(a, b) for axis, a, b in zip(self.axes, block.start, block.stop, strict=True)]


def plan_tiles(
    region: Box, tile_shape: Index3, halo: Index3, overlap: float | Sequence[float], slices: int = 1, normal: int = 0
) -> TilePlan:
    """Cover a region with tiles.

    Parameters
    ----------
    region : Box
        Voxels to classify, in the volume's coordinates.
    tile_shape : tuple of int
        Voxels (z, y, x) of a tile, the halo included. Where it is larger than the region and its halo, what the region
        does not fill is context: real voxels of the volume as far as there are any, mirrored ones beyond.
    halo : tuple of int
        Voxels (z, y, x) on each side of a tile whose answers are discarded.
    overlap : float or sequence of three float
        Share of the used part that neighbours share at the least, in [0, 1), on all axes or on (z, y, x); rounded down to
        voxels.
    slices : int
        Slices read for one classified slice; odd.
    normal : int
        Axis of the volume across which those slices lie; everything else is in the order (z, y, x) all the same.

    Returns
    -------
    TilePlan
        The fewest tiles that cover the region with this overlap, spread evenly.

    Raises
    ------
    CropError
        If a halo leaves nothing of a tile, or the overlap is no share.

    Examples
    --------
    >>> plan = plan_tiles(Box.whole((1, 10, 10)), (1, 6, 12), (0, 1, 1), overlap=0.25)
    >>> plan.used_shape, plan.axes[1].starts, plan.tiles
    ((1, 4, 10), (0, 3, 6), 3)
    """
    shares = [overlap] * 3 if isinstance(overlap, int | float) else list(overlap)
    if len(shares) != 3 or not all(0 <= share < 1 for share in shares):
        msg = (
            f"the overlap is a share of a tile's used part, in [0, 1), or three of them; got {overlap}. "
            "Choose for example 0.25."
        )
        raise CropError(msg)
    z, y, x = (
        _axis_grid(name, origin, length, tile, border, share)
        for name, origin, length, tile, border, share in zip(
            "zyx", region.start, region.shape, tile_shape, halo, shares, strict=True
        )
    )
    return TilePlan(region=region, axes=(z, y, x), slices=slices, normal=normal)


def _axis_grid(name: str, origin: int, length: int, tile: int, halo: int, overlap: float) -> AxisGrid:
    if halo < 0 or tile - 2 * halo < 1:
        msg = (
            f"the halo must leave a part of the tile: 0 ≤ 2 · halo < tile; got halo {halo} for tile side {tile} "
            f"on axis {name}. Choose a smaller halo or a larger tile."
        )
        raise CropError(msg)
    used = min(tile - 2 * halo, length)
    shared = int(used * overlap)
    return AxisGrid(origin, length, tile, used, shared, tuple(grid_starts(length, used, shared)))
