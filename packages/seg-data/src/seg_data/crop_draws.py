"""The order in which crops are offered, and which of them are kept.

Two ways: each crop draws for itself until it is kept (uniform positions), or crops are the kept ones of a fixed sequence of
candidates that runs through cycles (grid and covering). Either way crop n is a function of the seed and n alone.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_common.seeding import stream
from seg_data.crop_content import class_fractions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_data.crop_content import CropContent
    from seg_data.crop_positions.uniform import UniformStarts
    from seg_data.crop_rejection import RejectionFunction


@dataclass(frozen=True)
class Candidate:
    """A crop that was offered."""

    box: Box
    """Voxels of the crop, in the volume's coordinates."""
    kept: bool
    """Whether it was kept."""
    reject_probability: float = 0.0
    """Chance with which it was rejected."""
    class_fractions: tuple[float, ...] | None = None
    """Share of its voxels in each class; None when no rejection function asked for them."""


class CycleStarts(Protocol):
    """Positions that come in cycles, each of which offers every voxel of the region."""

    @property
    def crops_per_cycle(self) -> int:
        """Crops of a cycle; the same in all cycles."""
        ...

    def cycle(self, number: int) -> NDArray[np.int64]:
        """First voxels of the crops of a cycle, in order; shape (crop, 3)."""
        ...


@dataclass(frozen=True)
class Judge:
    """Decides, given a random number, whether a crop is kept."""

    crop_shape: Index3
    content: CropContent | None = None
    """Needed with a function only."""
    function: RejectionFunction | None = None
    """None keeps everything."""

    def candidates(self, starts: Sequence[Index3] | NDArray[np.int64], draws: NDArray[np.float64]) -> list[Candidate]:
        """Judge crops by their first voxels, with one number in [0, 1) for each."""
        boxes = [Box(start=(int(z), int(y), int(x)), shape=self.crop_shape) for z, y, x in starts]
        if self.function is None or self.content is None:
            return [Candidate(box, kept=True) for box in boxes]
        fractions = class_fractions(self.content, boxes)
        probabilities = self.function.reject_probability(fractions)
        return [
            Candidate(box, bool(draw >= probability), float(probability), tuple(row.tolist()))
            for box, draw, probability, row in zip(boxes, draws, probabilities, fractions, strict=True)
        ]


class IndependentDraws:
    """Attempt a of crop n draws its own position: crops know nothing of each other."""

    crops_per_cycle = None

    def __init__(self, starts: UniformStarts, judge: Judge, seed: int, max_attempts: int) -> None:
        self._starts = starts
        self._judge = judge
        self._seed = seed
        self._max_attempts = max_attempts

    def offered(self, n: int) -> list[Candidate]:
        """Candidates looked at for crop n; the last one is kept."""
        looked_at = []
        for attempt in range(self._max_attempts):
            rng = stream(self._seed, "crops", n, attempt)
            looked_at += self._judge.candidates([self._starts.draw(rng)], rng.random(1))
            if looked_at[-1].kept:
                return looked_at
        raise NothingKept(self._max_attempts)

    def kept(self, n: int) -> tuple[Candidate, int]:
        """Crop n, and the number of candidates looked at for it."""
        looked_at = self.offered(n)
        return looked_at[-1], len(looked_at)


class CyclicDraws:
    """Crop n is the n-th kept one of the candidates of all cycles, one after the other.

    Whether a candidate is kept depends on the seed, its cycle and its place in it. Cycles are judged whole, in order, once:
    one bit per candidate stays in memory.
    """

    def __init__(self, starts: CycleStarts, judge: Judge, seed: int, max_attempts: int) -> None:
        self.crops_per_cycle = starts.crops_per_cycle
        self._cycle_starts = lru_cache(maxsize=4)(starts.cycle)
        self._judge = judge
        self._seed = seed
        self._max_attempts = max_attempts
        self._kept_bits: list[NDArray[np.uint8]] = []
        self._kept_before = [0]
        self._rejected_in_a_row = 0
        self._lock = Lock()

    def cycle(self, number: int) -> list[Candidate]:
        """All candidates of a cycle, in order."""
        draws = stream(self._seed, "rejection", number).random(self.crops_per_cycle)
        return self._judge.candidates(self._cycle_starts(number), draws)

    def offered(self, n: int) -> list[Candidate]:
        """Candidates from after crop n - 1 to crop n; the last one is kept."""
        last = self._candidate_number(n)
        first = self._candidate_number(n - 1) + 1 if n else 0
        return [self._candidate(number) for number in range(first, last + 1)]

    def kept(self, n: int) -> tuple[Candidate, int]:
        """Crop n, and the number of candidates looked at for it."""
        last = self._candidate_number(n)
        return self._candidate(last), last - (self._candidate_number(n - 1) if n else -1)

    def _candidate(self, number: int) -> Candidate:
        cycle, place = divmod(number, self.crops_per_cycle)
        if self._judge.function is None:
            draws = np.zeros(1)
        else:
            draws = stream(self._seed, "rejection", cycle).random(place + 1)[place:]
        return self._judge.candidates(self._cycle_starts(cycle)[place : place + 1], draws)[0]

    def _candidate_number(self, n: int) -> int:
        """Find the number of the n-th kept candidate."""
        if self._judge.function is None:
            return n
        with self._lock:
            while self._kept_before[-1] <= n:
                self._judge_next_cycle()
        cycle = bisect_right(self._kept_before, n) - 1
        kept = np.unpackbits(self._kept_bits[cycle], count=self.crops_per_cycle)
        place = np.flatnonzero(kept)[n - self._kept_before[cycle]]
        return cycle * self.crops_per_cycle + int(place)

    def _judge_next_cycle(self) -> None:
        if self._rejected_in_a_row >= self._max_attempts:
            raise NothingKept(self._rejected_in_a_row)
        kept = np.array([candidate.kept for candidate in self.cycle(len(self._kept_bits))])
        # Whole cycles are judged, so only a whole cycle can be without a kept crop.
        self._rejected_in_a_row = 0 if kept.any() else self._rejected_in_a_row + len(kept)
        self._kept_bits.append(np.packbits(kept))
        self._kept_before.append(self._kept_before[-1] + int(kept.sum()))


class NothingKept(CropError):
    """Every candidate of a bounded number was rejected; the sampler says which volume and function."""

    def __init__(self, rejected: int) -> None:
        super().__init__(f"at least one of {rejected} crops in a row must be kept; all were rejected.")
        self.rejected = rejected
