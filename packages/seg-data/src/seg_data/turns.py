"""Whose turn it is: crops taken from several sources, each with its share, in an order that any crop's number tells."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seg_common.seeding import stream
from seg_data.grouping import groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TURNS = 1024
"""Turns of a round; shares are kept to one in so many."""


class Turn(NamedTuple):
    """Where crops come from."""

    sources: NDArray[np.int64]
    """Source of each crop, shape (crop,)."""
    numbers: NDArray[np.int64]
    """Number of each crop in the stream of its source, shape (crop,)."""


class Turns:
    """Divide a stream of crops among sources.

    In every round of 1024 crops each source has the same number of turns, in random order. So shares hold in short runs too, and
    the number of turns that a source had before crop n follows from n.

    Parameters
    ----------
    weights : sequence of float
        Positive weights; shares are proportional to them, and none is below one turn in a round.
    seed : int
        Seed of the order.
    """

    def __init__(self, weights: Sequence[float], seed: int) -> None:
        self._seed = seed
        self.counts = turns_per_round(weights)
        self._round = lru_cache(maxsize=16)(self._draw_round)

    @property
    def shares(self) -> list[float]:
        """Share of the crops that each source gives."""
        return [count / TURNS for count in self.counts]

    def of(self, numbers: NDArray[np.int64]) -> Turn:
        """Tell the turns of crops by their numbers."""
        if len(self.counts) == 1:
            return Turn(np.zeros(len(numbers), np.int64), numbers)
        rounds, places = np.divmod(numbers, TURNS)
        turns = Turn(np.empty_like(numbers), np.empty_like(numbers))
        for number, here in groups(rounds):
            sources, before = self._round(number)
            turns.sources[here] = sources[places[here]]
            turns.numbers[here] = before[places[here]] + number * np.array(self.counts)[turns.sources[here]]
        return turns

    def _draw_round(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw the sources of a round, and the turns that the same source had before in it."""
        in_order = np.repeat(np.arange(len(self.counts)), self.counts)
        sources = stream(self._seed, "turns", number).permutation(in_order)
        before = np.empty(TURNS, np.int64)
        for source, count in enumerate(self.counts):
            before[sources == source] = np.arange(count)
        return sources, before


def turns_per_round(weights: Sequence[float]) -> list[int]:
    """Divide the turns of a round in proportion to weights, by the largest remainders, at least one each."""
    exact = np.array(weights, float) / sum(weights) * TURNS
    counts = np.maximum(1, np.floor(exact)).astype(int)
    while counts.sum() < TURNS:
        counts[np.argmax(exact - counts)] += 1
    while counts.sum() > TURNS:
        counts[np.argmax(np.where(counts > 1, counts - exact, -np.inf))] -= 1
    return [int(count) for count in counts]
