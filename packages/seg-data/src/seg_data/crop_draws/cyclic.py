"""Crops that are the kept ones of a fixed sequence of candidates, which runs through cycles."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seg_common.seeding import stream
from seg_data.crop_draws.drawn import Drawn, NothingKept, Offered
from seg_data.grouping import groups
from seg_data.uncovered import CycleCover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_data.crop_judge import Judge

PIECE = 2**14
"""Candidates of a cycle that share a random stream and are judged together."""


class CycleStarts(Protocol):
    """Positions that come in cycles, each of which offers every voxel of the region."""

    @property
    def crops_per_cycle(self) -> int:
        """Crops of a cycle; the same in all cycles."""
        ...

    def starts(self, cycle: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """First voxels of the crops at some places of a cycle; shape (place, 3)."""
        ...


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
