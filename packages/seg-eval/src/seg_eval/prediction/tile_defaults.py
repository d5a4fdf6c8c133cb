"""Choose tile, halo and batch for a network and a region.

Tiles are as large as a small machine bears, because every border of a tile costs: the halo is computed and thrown away.
A 2D tile uses up to 512² voxels of a slice, a 3D tile is 96³ with its halo, and neither is smaller than a training crop.
The halo follows the depth of the network, 4 voxels of its coarsest level in 2D and 2 in 3D, at most 32 and 16: what
lies further away hardly moves the answer, and 3D tiles cannot afford it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from seg_common.errors import CropError

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
    from seg_common.schema.training_record import NetworkRecord
    from seg_eval.prediction.tile_plan import TilePlan

USED_SIDE_2D = 512
TILE_SIDE_3D = 96
LARGEST_HALO_2D = 32
LARGEST_HALO_3D = 16
BATCH_VOXELS = 2**19
"""Voxels per call of the network: about 0.3 GB of activations in the first level of a small U-Net."""


def default_halo(network: NetworkRecord) -> Index3:
    """Halo (z, y, x) of a network; none along z in 2D and 2.5D."""
    if network.dimensions == "3D":
        side = min(LARGEST_HALO_3D, 2 * network.side_divisor)
        return (side, side, side)
    side = min(LARGEST_HALO_2D, 4 * network.side_divisor)
    return (0, side, side)


def default_tile_shape(network: NetworkRecord, crop_shape: Index3, region_shape: Index3, halo: Index3) -> Index3:
    """Network input (z, y, x) for a region, the halo included.

    Parameters
    ----------
    network : NetworkRecord
        The network: its dimensions and what its sides divide by.
    crop_shape : tuple of int
        Training crop (z, y, x).
    region_shape : tuple of int
        Voxels to classify along (z, y, x).
    halo : tuple of int
        Voxels of context on each side.

    Returns
    -------
    tuple of int
        Multiples of the divisor on every axis that the network sees; never larger than the region with its halo, rounded
        up.
    """

    def side(axis: int) -> int:
        most = TILE_SIDE_3D if network.dimensions == "3D" else USED_SIDE_2D + 2 * halo[axis]
        wanted = max(most, crop_shape[axis], 2 * halo[axis] + 1)
        return _round_up(min(wanted, region_shape[axis] + 2 * halo[axis]), network.side_divisor)

    return (side(0) if network.dimensions == "3D" else 1, side(1), side(2))


def require_tile_fits(network: NetworkRecord, tile_shape: Index3, halo: Index3) -> None:
    """Check a tile that a user asked for.

    Raises
    ------
    CropError
        If a side does not divide, or a 2D network is given several slices.
    """
    if network.dimensions != "3D" and (tile_shape[0], halo[0]) != (1, 0):
        msg = (
            f"a {network.dimensions} network classifies one slice at a time: tile z must be 1 and its halo 0; "
            f"got tile shape {tile_shape} and halo {halo}. Give 1 for tile z and 0 for halo z."
        )
        raise CropError(msg)
    seen = range(3) if network.dimensions == "3D" else (1, 2)
    wrong = [f"{'zyx'[axis]} = {tile_shape[axis]}" for axis in seen if tile_shape[axis] % network.side_divisor]
    if wrong or min(tile_shape) < 1:
        msg = (
            f"each side of a tile must be a positive multiple of {network.side_divisor} for this network; "
            f"got {', '.join(wrong) or tile_shape} in tile shape {tile_shape}. Take multiples of {network.side_divisor}."
        )
        raise CropError(msg)


def default_batch_size(plan: TilePlan) -> int:
    """Tiles per call of the network: as many as keep a call at half a million voxels, at least one."""
    return max(1, min(plan.tiles, BATCH_VOXELS // prod(plan.tile_shape)))


def _round_up(value: int, divisor: int) -> int:
    return -(-value // divisor) * divisor
