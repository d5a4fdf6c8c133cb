"""Random positions that offer every voxel at least once in each cycle.

A cycle is a grid shifted at random and nested: the layers along z have one random offset, the rows of each layer another one
along y, and the crops of each row yet another one along x. Starts outside the region are moved to its faces. So every voxel is
inside a crop, voxels in the middle are inside about one, and over the cycles every position occurs.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from seg_common.seeding import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3


class CoveringStarts:
    """Shifted nested grids in random order; each cycle has the same number of crops.

    Parameters
    ----------
    region : Box
        What to cover.
    crop_shape : tuple of int
        At most the region's shape, per axis (z, y, x).
    seed : int
        Cycle k depends on (seed, counters, k) alone.
    passes : int
        Coverings in a cycle, independent of each other; each is complete before the next one begins.
    *counters : int
        Tell apart several regions of one seed.
    """

    def __init__(self, region: Box, crop_shape: Index3, seed: int, passes: int = 1, *counters: int) -> None:
        self._region = region
        self._crop_shape = crop_shape
        self._seed = seed
        self._passes = passes
        self._counters = counters
        self._counts = tuple(starts_per_axis(n, c) for n, c in zip(region.shape, crop_shape, strict=True))
        # A cycle is drawn at once and asked for in pieces.
        self._cycle = lru_cache(maxsize=4)(self._draw_cycle)

    @property
    def crops_per_cycle(self) -> int:
        """Crops after which every voxel was offered as often as there are passes."""
        return self._passes * prod(self._counts)

    def starts(self, cycle: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """First voxels of the crops at some places of a cycle, in the volume's coordinates; shape (place, 3)."""
        return self._cycle(cycle)[places]

    def axis_probabilities(self) -> tuple[NDArray[np.float64], ...]:
        """Probability of each start (z, y, x) of the region, for a crop picked from a cycle; the axes are independent."""
        return tuple(start_probabilities(n, c) for n, c in zip(self._region.shape, self._crop_shape, strict=True))

    def _draw_cycle(self, number: int) -> NDArray[np.int64]:
        rng = stream(self._seed, "covering", *self._counters, number)
        return np.concatenate([self._draw_pass(rng) for _ in range(self._passes)])

    def _draw_pass(self, rng: np.random.Generator) -> NDArray[np.int64]:
        layers, rows, columns = self._counts
        lengths, sizes = self._region.shape, self._crop_shape
        starts = np.empty((layers, rows, columns, 3), np.int64)
        starts[..., 0] = draw_covering_starts(rng, lengths[0], sizes[0], 1).reshape(-1, 1, 1)
        starts[..., 1] = draw_covering_starts(rng, lengths[1], sizes[1], layers)[:, :, None]
        starts[..., 2] = draw_covering_starts(rng, lengths[2], sizes[2], layers * rows).reshape(layers, rows, columns)
        starts += np.array(self._region.start)
        return rng.permutation(starts.reshape(-1, 3))


def start_probabilities(length: int, size: int) -> NDArray[np.float64]:
    """Compute how often each start along an axis occurs, in a covering of it.

    Parameters
    ----------
    length : int
        Voxels to cover.
    size : int
        Voxels of a crop, at most `length`.

    Returns
    -------
    ndarray of float64, shape (length - size + 1,)
        Probability of each start for a crop picked from a covering; the sum is 1.
    """
    count = starts_per_axis(length, size)
    room = length - size + 1
    if count == 1:
        return np.ones(1)
    offsets = np.arange(1, size + 1)
    starts = np.clip(offsets[:, None] - size + size * np.arange(count), 0, length - size)
    spare = offsets + size * (count - 2) >= length
    fixed = np.concatenate([starts[:, :-1].ravel(), starts[~spare, -1]])
    frequency = np.bincount(fixed, minlength=room) + spare.sum() / room
    probabilities: NDArray[np.float64] = frequency / (size * count)
    return probabilities


def starts_per_axis(length: int, size: int) -> int:
    """Count the starts that a covering with any offset needs along an axis."""
    if size == length:
        return 1
    fewest = -(-length // size)
    # With one voxel in the last tile, every offset gets along with the fewest tiles.
    return fewest + (1 if length - (fewest - 1) * size > 1 else 0)


def draw_covering_starts(rng: np.random.Generator, length: int, size: int, repeats: int) -> NDArray[np.int64]:
    """Draw starts along an axis that cover it, several times independently.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the offsets.
    length : int
        Voxels to cover.
    size : int
        Voxels of a crop, at most `length`.
    repeats : int
        Number of independent coverings.

    Returns
    -------
    ndarray of int64, shape (repeats, starts_per_axis(length, size))
        Starts in [0, length - size]; in each row, crops of `size` cover [0, length).
    """
    count = starts_per_axis(length, size)
    if count == 1:
        return np.zeros((repeats, 1), np.int64)
    # The first crop ends at the offset, the others follow without a gap.
    offsets = rng.integers(1, size + 1, (repeats, 1))
    starts: NDArray[np.int64] = np.clip(offsets - size + size * np.arange(count), 0, length - size)
    # Larger offsets cover with one crop less; the spare one goes anywhere, so that all cycles have the same length.
    spare = offsets[:, 0] + size * (count - 2) >= length
    starts[spare, -1] = rng.integers(0, length - size + 1, repeats)[spare]
    return starts
