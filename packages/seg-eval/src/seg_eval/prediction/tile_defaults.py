"""Choose tile, halo and batch for a network and a region.

Tiles are as large as a small machine bears, because every border of a tile costs: the halo is computed and thrown away.
A 2D tile uses up to 512² voxels of a slice, a 3D tile is 96³ with its halo, and neither is smaller than a training crop.
The halo follows the depth of the network, 4 voxels of its coarsest level in 2D and 2 in 3D, at most 32 and 16: what
lies further away hardly moves the answer, and 3D tiles cannot afford it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Literal

from seg_common.errors import CropError

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
    from seg_eval.prediction.tile_plan import TilePlan

    Dimensions = Literal["2D", "2.5D", "3D"]

USED_SIDE_2D = 512
TILE_SIDE_3D = 96
LARGEST_HALO_2D = 32
LARGEST_HALO_3D = 16
BATCH_VOXELS = 2**19
"""Voxels per call of the network: about 0.3 GB of activations in the first level of a small U-Net."""


def default_halo(dimensions: Dimensions, divisors: Index3) -> Index3:
    """Halo of a network along its axes; none along z in 2D and 2.5D.

    Parameters
    ----------
    dimensions : {"2D", "2.5D", "3D"}
        Dimensions of the network.
    divisors : tuple of int
        What the sides of a tile must be multiples of; 1 along z in 2D.

    Returns
    -------
    tuple of int
        Narrower along an axis that the network halves less often.
    """
    if dimensions == "3D":
        z, y, x = (min(LARGEST_HALO_3D, 2 * divisor) for divisor in divisors)
        return (z, y, x)
    return (0, min(LARGEST_HALO_2D, 4 * divisors[1]), min(LARGEST_HALO_2D, 4 * divisors[2]))


def default_tile_shape(
    dimensions: Dimensions,
    divisors: Index3,
    crop_shape: Index3,
    region_shape: Index3,
    halo: Index3,
    longest_side: int | None = None,
) -> Index3:
    """Network input for a region, the halo included; all axes are those of the network.

    Parameters
    ----------
    dimensions : {"2D", "2.5D", "3D"}
        Dimensions of the network.
    divisors : tuple of int
        What the sides of a tile must be multiples of.
    crop_shape : tuple of int
        Training crop.
    region_shape : tuple of int
        Voxels to classify.
    halo : tuple of int
        Voxels of context on each side.
    longest_side : int, optional
        Where the memory does not hold more; sides are longer only where divisor or halo needs it.

    Returns
    -------
    tuple of int
        Multiples of the divisors on every axis that the network sees; never larger than the region with its halo,
        rounded up.
    """

    def side(axis: int) -> int:
        most = TILE_SIDE_3D if dimensions == "3D" else USED_SIDE_2D + 2 * halo[axis]
        wanted = max(most, crop_shape[axis], 2 * halo[axis] + 1)
        wanted = _round_up(min(wanted, region_shape[axis] + 2 * halo[axis]), divisors[axis])
        if longest_side is None or wanted <= longest_side:
            return wanted
        least = _round_up(2 * halo[axis] + 1, divisors[axis])
        return max(least, longest_side // divisors[axis] * divisors[axis])

    return (side(0) if dimensions == "3D" else 1, side(1), side(2))


def require_tile_fits(dimensions: Dimensions, divisors: Index3, tile_shape: Index3, halo: Index3) -> None:
    """Check a tile that a user asked for.

    Raises
    ------
    CropError
        If a side does not divide, or a 2D network is given several slices.
    """
    if dimensions != "3D" and (tile_shape[0], halo[0]) != (1, 0):
        msg = (
            f"a {dimensions} network classifies one slice at a time: tile z must be 1 and its halo 0; "
            f"got tile shape {tile_shape} and halo {halo}. Give 1 for tile z and 0 for halo z."
        )
        raise CropError(msg)
    sides = list(zip("zyx", tile_shape, divisors, strict=True))[0 if dimensions == "3D" else 1 :]
    wrong = [f"{axis} = {side}" for axis, side, divisor in sides if side % divisor]
    if wrong or min(tile_shape) < 1:
        multiple = divisors[2] if len({divisor for _, _, divisor in sides}) == 1 else divisors
        msg = (
            f"each side of a tile must be a positive multiple of {multiple} for this network; "
            f"got {', '.join(wrong) or tile_shape} in tile shape {tile_shape}. Take multiples of {multiple}."
        )
        raise CropError(msg)


def default_batch_size(plan: TilePlan) -> int:
    """Tiles per call of the network: as many as keep a call at half a million voxels, at least one."""
    return max(1, min(plan.tiles, BATCH_VOXELS // prod(plan.tile_shape)))


def _round_up(value: int, divisor: int) -> int:
    return -(-value // divisor) * divisor
