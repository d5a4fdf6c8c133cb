"""Crops that draw positions of their own until one is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.seeding import stream
from seg_data.computed_once import ComputedOnce
from seg_data.crop_draws.drawn import CROPS_PER_CHUNK, Drawn, NothingKept, Offered
from seg_data.grouping import groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_data.crop_draws.drawn import FreeStarts
    from seg_data.crop_judge import Judge

CHUNKS_KEPT = 64
FIRST_ATTEMPTS, MOST_ATTEMPTS = 4, 256
"""Attempts of a crop that are judged together: in the first round, and when many rounds were in vain."""


class IndependentDraws:
    """Each crop draws positions of its own until one is kept: crops know nothing of each other.

    Parameters
    ----------
    positions : FreeStarts
        Where crops may start.
    judge : Judge
        Which of them are kept.
    seed : int
        Crop n depends on (seed, counters, n) alone.
    max_attempts : int
        Offered crops after which the search ends.
    *counters : int
        Tell apart several regions of one seed.
    """

    crops_per_cycle = None

    def __init__(self, positions: FreeStarts, judge: Judge, seed: int, max_attempts: int, *counters: int) -> None:
        self._positions = positions
        self._judge = judge
        self._seed = seed
        self._max_attempts = max_attempts
        self._counters = counters
        self._chunk = ComputedOnce(self._draw_chunk, CHUNKS_KEPT)

    def kept(self, numbers: NDArray[np.int64]) -> Drawn:
        """See `Draws`."""
        chunks, places = np.divmod(numbers, CROPS_PER_CHUNK)
        starts, attempts = np.empty((len(numbers), 3), np.int64), np.empty(len(numbers), np.int64)
        for chunk, of_chunk in groups(chunks):
            drawn = self._chunk(chunk)
            starts[of_chunk] = drawn.starts[places[of_chunk]]
            attempts[of_chunk] = drawn.attempts[places[of_chunk]]
        if (attempts < 0).any():
            raise NothingKept(int(-attempts.min()))
        return Drawn(starts, attempts)

    def offered(self, number: int) -> Offered:
        """See `Draws`."""
        chunk, place = divmod(number, CROPS_PER_CHUNK)
        last = self.kept(np.array([number])).attempts[0]
        starts, kept = np.empty((0, 3), np.int64), np.empty(0, bool)
        round_ = 0
        while kept.sum() == 0:
            candidates, numbers = self._candidates(chunk, round_, np.array([place]))
            verdicts = self._judge.verdicts(candidates[0], numbers[0])
            starts = np.concatenate([starts, candidates[0][verdicts.offered]])
            kept = np.concatenate([kept, verdicts.kept[verdicts.offered]])
            round_ += 1
        return Offered(starts[:last], kept[:last])

    def _draw_chunk(self, chunk: int) -> Drawn:
        """Draw a chunk of crops, round by round; a crop that was never kept has its attempts with a minus."""
        starts, attempts = np.zeros((CROPS_PER_CHUNK, 3), np.int64), np.zeros(CROPS_PER_CHUNK, np.int64)
        waiting = np.arange(CROPS_PER_CHUNK)
        round_, looked_at = 0, 0
        while waiting.size and looked_at < self._longest_search:
            candidates, numbers = self._candidates(chunk, round_, waiting)
            found, offered = self._judge.first_kept(candidates, numbers)
            attempts[waiting] += offered
            # Rounds are looked at whole, so the last one may go beyond the crops that are allowed.
            late = attempts[waiting] > self._max_attempts
            attempts[waiting[late]] = self._max_attempts
            done = (found >= 0) & ~late
            starts[waiting[done]] = candidates[done, found[done]]
            finished = done | (attempts[waiting] == self._max_attempts)
            attempts[waiting[finished & ~done]] *= -1
            waiting = waiting[~finished]
            looked_at += candidates.shape[1]
            round_ += 1
        attempts[waiting] = np.minimum(-1, -attempts[waiting])
        return Drawn(starts, attempts)

    @property
    def _longest_search(self) -> int:
        """Candidates of a crop after which the search ends even if most of them held no labelled voxel."""
        return self._max_attempts if not self._judge.sparse else max(10**6, self._max_attempts)

    def _candidates(
        self, chunk: int, round_: int, places: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Draw a round for some crops of a chunk: first voxels (crop, attempt, 3), numbers (crop, attempt) to judge them by."""
        attempts = min(FIRST_ATTEMPTS << min(round_, 16), MOST_ATTEMPTS)
        rng = stream(self._seed, "crops", *self._counters, chunk, round_)
        numbers = rng.random((CROPS_PER_CHUNK, attempts, 4))[places]
        if self._judge.keeps_all:
            numbers = numbers[:, :1]
        starts = self._positions.starts(numbers[..., :3].reshape(-1, 3))
        return starts.reshape(*numbers.shape[:2], 3), numbers[..., 3]
