"""Smallest, largest and typical grey levels of a volume, in one pass over its blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_data.storage_blocks import storage_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from seg_common.volume.array_reader import ArrayReader

PERCENTAGES = (0.5, 5.0, 50.0, 95.0, 99.5)
BLOCK_BYTES = 2**25
BLOCK_VOXEL_BYTES = 12  # the voxel, its 32-bit key, and a copy of it
KEY_BITS = 20


@dataclass(frozen=True)
class GreyRange:
    """Grey levels of a volume."""

    low: float
    """Smallest finite one."""
    high: float
    """Largest finite one."""
    percentiles: dict[float, float]
    """Grey level that so many percent of the finite voxels do not exceed; exact for types of 8 and 16 bits, to 0.03 % of the
    grey level for the others."""
    not_finite: int
    """Voxels that are NaN or infinite, as outside a round field of view."""


def grey_range(image: ArrayReader, advance: Callable[[int], object] | None = None) -> GreyRange:
    """Measure the grey levels of a volume.

    Parameters
    ----------
    image : ArrayReader
        Grey levels (z, y, x) of any real type.
    advance : callable, optional
        Told the number of voxels after each block.

    Returns
    -------
    GreyRange
        All zeros, without percentiles, when no voxel is finite.
    """
    kind = image.dtype
    counts = np.zeros(2 ** (16 if kind.itemsize <= 2 else KEY_BITS), np.int64)
    lows, highs = [], []
    voxels = 0
    for box in storage_blocks(image, BLOCK_VOXEL_BYTES, BLOCK_BYTES):
        block = image.read(box).ravel()
        voxels += block.size
        if kind.kind == "f":
            block = block[np.isfinite(block)]
        if block.size:
            lows.append(float(block.min()))
            highs.append(float(block.max()))
            counts += np.bincount(_keys(block), minlength=counts.size)
        if advance is not None:
            advance(box.voxels)
    if not lows:
        return GreyRange(0.0, 0.0, {}, voxels)
    low, high = min(lows), max(highs)
    reached = np.cumsum(counts)
    ranks = np.ceil(np.array(PERCENTAGES) / 100 * reached[-1]).astype(np.int64)
    keys = np.searchsorted(reached, ranks)
    # A key of fewer bits than the grey level stands for a range; its ends may lie outside those that occur.
    levels = np.clip(_levels(keys, kind), low, high)
    return GreyRange(low, high, dict(zip(PERCENTAGES, levels.tolist(), strict=True)), int(voxels - reached[-1]))


def _keys(voxels: NDArray[Any]) -> NDArray[Any]:
    """Numbers in the order of the grey levels: all bits of short types, the first bits of long ones."""
    kind = voxels.dtype
    if kind.kind in "bui" and kind.itemsize <= 2:
        return voxels.astype(np.int32) - (np.iinfo(kind).min if kind.kind == "i" else 0)
    if kind == np.float16:
        return _ordered(voxels.view(np.uint16), 16)
    with np.errstate(over="ignore"):
        return _ordered(voxels.astype(np.float32).view(np.uint32), 32) >> (32 - KEY_BITS)


def _levels(keys: NDArray[Any], kind: np.dtype[Any]) -> NDArray[np.float64]:
    """Grey levels of keys: the middle of those that share a key."""
    if kind.kind in "bui" and kind.itemsize <= 2:
        return (keys + (np.iinfo(kind).min if kind.kind == "i" else 0)).astype(np.float64)
    if kind == np.float16:
        return _unordered(keys.astype(np.uint16), 16).view(np.float16).astype(np.float64)
    shift = 32 - KEY_BITS
    middle = (keys.astype(np.uint32) << np.uint32(shift)) + np.uint32(1 << (shift - 1))
    levels: NDArray[np.float64] = _unordered(middle, 32).view(np.float32).astype(np.float64)
    levels[np.abs(levels) < np.finfo(np.float32).tiny] = 0.0
    return np.round(levels) if kind.kind in "ui" else levels


def _ordered(bits: NDArray[Any], width: int) -> NDArray[Any]:
    """Bits of floats as unsigned integers in the order of the floats: negative ones run backwards."""
    sign = bits.dtype.type(1 << (width - 1))
    return np.where(bits & sign, ~bits, bits | sign)


def _unordered(numbers: NDArray[Any], width: int) -> NDArray[Any]:
    """Bits of floats again."""
    sign = numbers.dtype.type(1 << (width - 1))
    return np.where(numbers & sign, numbers & ~sign, ~numbers)
