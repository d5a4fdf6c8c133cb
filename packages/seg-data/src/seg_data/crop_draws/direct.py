"""Crops that come from the distribution of kept ones at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.seeding import stream
from seg_data.crop_draws.drawn import CROPS_PER_CHUNK, Drawn, Offered
from seg_data.grouping import groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_data.crop_draws.drawn import FreeStarts


class DirectDraws:
    """Each crop comes from the distribution of kept crops at once: nothing is rejected.

    Parameters
    ----------
    positions : FreeStarts
        Positions with the probability of being drawn and kept.
    seed : int
        Crop n depends on (seed, counters, n) alone.
    *counters : int
        Tell apart several regions of one seed.
    """

    crops_per_cycle = None

    def __init__(self, positions: FreeStarts, seed: int, *counters: int) -> None:
        self._positions = positions
        self._seed = seed
        self._counters = counters

    def kept(self, numbers: NDArray[np.int64]) -> Drawn:
        """See `Draws`."""
        chunks, places = np.divmod(numbers, CROPS_PER_CHUNK)
        random = np.empty((len(numbers), 3))
        for chunk, of_chunk in groups(chunks):
            rng = stream(self._seed, "direct", *self._counters, chunk)
            random[of_chunk] = rng.random((CROPS_PER_CHUNK, 3))[places[of_chunk]]
        return Drawn(self._positions.starts(random), np.ones(len(numbers), np.int64))

    def offered(self, number: int) -> Offered:
        """See `Draws`."""
        return Offered(self.kept(np.array([number])).starts, np.ones(1, bool))
