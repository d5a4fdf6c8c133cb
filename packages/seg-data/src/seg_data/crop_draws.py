"""The order in which crops are offered, and which of them are kept.

Three ways: each crop draws for itself until it is kept; each crop is drawn from the kept ones at once; or crops are the kept ones
of a fixed sequence of candidates that runs through cycles. Either way crop n is a function of the seed and n alone.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from seg_common.errors import CropError
from seg_common.seeding import stream
from seg_data.computed_once import ComputedOnce
from seg_data.grouping import groups
from seg_data.uncovered import CycleCover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_data.crop_judge import Judge

CROPS_PER_CHUNK = 64
"""Crops that share a random stream, and are judged together because that costs little more than one."""
CHUNKS_KEPT = 64
PIECE = 2**14
"""Candidates of a cycle that share a random stream and are judged together."""
FIRST_ATTEMPTS, MOST_ATTEMPTS = 4, 256
"""Attempts of a crop that are judged together: in the first round, and when many rounds were in vain."""


class Drawn(NamedTuple):
    """Kept crops."""

    starts: NDArray[np.int64]
    """First voxels, shape (crop, 3)."""
    attempts: NDArray[np.int64]
    """Crops offered for each, itself included, shape (crop,)."""


class Offered(NamedTuple):
    """Candidates in the order in which they were offered."""

    starts: NDArray[np.int64]
    """First voxels, shape (candidate, 3)."""
    kept: NDArray[np.bool_]
    """Whether each was kept."""


class FreeStarts(Protocol):
    """Positions that are drawn one by one."""

    def starts(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Turn three random numbers in [0, 1) for each crop into its first voxel; shape (crop, 3)."""
        ...


class CycleStarts(Protocol):
    """Positions that come in cycles, each of which offers every voxel of the region."""

    @property
    def crops_per_cycle(self) -> int:
        """Crops of a cycle; the same in all cycles."""
        ...

    def starts(self, cycle: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """First voxels of the crops at some places of a cycle; shape (place, 3)."""
        ...


class Draws(Protocol):
    """A way of drawing."""

    @property
    def crops_per_cycle(self) -> int | None:
        """Crops offered in a cycle; None without cycles."""
        ...

    def kept(self, numbers: NDArray[np.int64]) -> Drawn:
        """Draw crops by their numbers in the stream."""
        ...

    def offered(self, number: int) -> Offered:
        """List what was offered for a crop, in order; the last one is the crop."""
        ...


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


class CyclicDraws:
    """Crop n is the n-th kept one of the candidates of all cycles, one after the other.

    Whether a candidate is kept depends on the seed, its cycle and its place in it. Candidates are judged in order, once; one bit
    for each stays in memory.

    Parameters
    ----------
    positions : CycleStarts
        Where crops start.
    judge : Judge
        Which of them are kept.
    crop_shape : tuple of int
        Shape of the crops (z, y, x).
    seed : int
        Candidate i depends on (seed, counters, i) alone.
    max_attempts : int
        Crops rejected in a row, at least a whole cycle, after which the search ends.
    keep_uncovered : bool
        Whether a rejected crop is kept when it holds a voxel that no kept crop of the cycle has held.
    *counters : int
        Tell apart several regions of one seed.
    """

    def __init__(
        self,
        positions: CycleStarts,
        judge: Judge,
        crop_shape: Index3,
        seed: int,
        max_attempts: int,
        *counters: int,
        keep_uncovered: bool = False,
    ) -> None:
        self.crops_per_cycle = positions.crops_per_cycle
        self._positions = positions
        self._judge = judge
        self._shape = crop_shape
        self._seed = seed
        self._max_attempts = max_attempts
        self._counters = counters
        self._keep_uncovered = keep_uncovered
        self._cover = CycleCover(crop_shape)
        self._pieces_per_cycle = -(-self.crops_per_cycle // PIECE)
        # One entry for each piece that was judged: kept and offered candidates as bits, and kept ones before it.
        self._kept_bits: list[NDArray[np.uint8]] = []
        self._offered_bits: list[NDArray[np.uint8]] = []
        self._kept_before = [0]
        self._rejected_in_a_row = 0
        self._lock = Lock()
        self._kept_places = lru_cache(maxsize=8)(self._find_kept_places)

    def kept(self, numbers: NDArray[np.int64]) -> Drawn:
        """See `Draws`."""
        if self._judge.keeps_all:
            return Drawn(self._starts(numbers), np.ones(len(numbers), np.int64))
        last = self._candidates_of(numbers)
        before = np.where(numbers > 0, self._candidates_of(np.maximum(numbers - 1, 0)), -1)
        attempts = np.array([self._offered_between(a + 1, b + 1) for a, b in zip(before, last, strict=True)], np.int64)
        return Drawn(self._starts(last), attempts)

    def offered(self, number: int) -> Offered:
        """See `Draws`."""
        if self._judge.keeps_all:
            return Offered(self._starts(np.array([number])), np.ones(1, bool))
        last = int(self._candidates_of(np.array([number]))[0])
        first = int(self._candidates_of(np.array([number - 1]))[0]) + 1 if number else 0
        return self._offered(np.arange(first, last + 1))

    def cycle(self, number: int) -> Offered:
        """List what a cycle offers, in order."""
        first = number * self.crops_per_cycle
        if not self._judge.keeps_all:
            with self._lock:
                while len(self._kept_bits) < (number + 1) * self._pieces_per_cycle:
                    self._judge_next_piece()
        return self._offered(np.arange(first, first + self.crops_per_cycle))

    def _offered(self, candidates: NDArray[np.int64]) -> Offered:
        """List those of some candidates that were offered; all must have been judged."""
        if self._judge.keeps_all:
            return Offered(self._starts(candidates), np.ones(len(candidates), bool))
        offered, kept = (
            np.array([self._bit(bits, candidate) for candidate in candidates.tolist()], bool)
            for bits in (self._offered_bits, self._kept_bits)
        )
        return Offered(self._starts(candidates[offered]), kept[offered])

    def _starts(self, candidates: NDArray[np.int64]) -> NDArray[np.int64]:
        cycles, places = np.divmod(candidates, self.crops_per_cycle)
        starts = np.empty((len(candidates), 3), np.int64)
        for cycle, of_cycle in groups(cycles):
            starts[of_cycle] = self._positions.starts(cycle, places[of_cycle])
        return starts

    def _bit(self, bits: list[NDArray[np.uint8]], candidate: int) -> bool:
        cycle, place = divmod(candidate, self.crops_per_cycle)
        piece, bit = divmod(place, PIECE)
        return bool(bits[cycle * self._pieces_per_cycle + piece][bit >> 3] >> (7 - (bit & 7)) & 1)

    def _offered_between(self, first: int, stop: int) -> int:
        if not self._judge.sparse:
            return stop - first
        return sum(self._bit(self._offered_bits, candidate) for candidate in range(first, stop))

    def _candidates_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the numbers of kept candidates among all."""
        with self._lock:
            while self._kept_before[-1] <= numbers.max(initial=-1):
                if self._rejected_in_a_row >= max(self._max_attempts, self.crops_per_cycle):
                    raise NothingKept(self._rejected_in_a_row)
                self._judge_next_piece()
        found = np.empty(len(numbers), np.int64)
        for i, number in enumerate(numbers.tolist()):
            index = bisect_right(self._kept_before, number) - 1
            cycle, piece = divmod(index, self._pieces_per_cycle)
            place = self._kept_places(index)[number - self._kept_before[index]]
            found[i] = cycle * self.crops_per_cycle + piece * PIECE + place
        return found

    def _find_kept_places(self, index: int) -> NDArray[np.int64]:
        return np.flatnonzero(np.unpackbits(self._kept_bits[index]))

    def _judge_next_piece(self) -> None:
        cycle, piece = divmod(len(self._kept_bits), self._pieces_per_cycle)
        places = np.arange(piece * PIECE, min((piece + 1) * PIECE, self.crops_per_cycle))
        starts = self._positions.starts(cycle, places)
        numbers = stream(self._seed, "rejection", *self._counters, cycle, piece).random(len(places))
        offered, kept = self._judge.verdicts(starts, numbers)
        if self._keep_uncovered:
            if piece == 0:
                self._cover = CycleCover(self._shape)
            kept = self._cover.keep_uncovered(starts, offered, kept)
        self._rejected_in_a_row = 0 if kept.any() else self._rejected_in_a_row + len(kept)
        self._kept_bits.append(np.packbits(kept))
        self._offered_bits.append(np.packbits(offered))
        self._kept_before.append(self._kept_before[-1] + int(kept.sum()))


class NothingKept(CropError):
    """Every candidate of a bounded number was rejected; the sampler says which volume and function."""

    def __init__(self, rejected: int) -> None:
        super().__init__(f"at least one of {rejected} crops in a row must be kept; all were rejected.")
        self.rejected = rejected
