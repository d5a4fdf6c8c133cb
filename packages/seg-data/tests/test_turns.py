"""Tests of shares among sources."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_data.turns import TURNS, Turns, turns_per_round


@given(weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=6), seed=st.integers(0, 9))
def test_each_source_gets_its_crops_in_order(weights, seed):
    """Over two rounds and a bit, every source's numbers are 0, 1, 2, …; asked for in any order they are the same."""
    turns = Turns(weights, seed)
    numbers = np.arange(2 * TURNS + 100)
    found = turns.of(numbers)
    for source in range(len(weights)):
        own = found.numbers[found.sources == source]
        assert own.tolist() == list(range(len(own)))
    shuffled = np.random.default_rng(seed).permutation(numbers)
    again = turns.of(shuffled)
    assert again.sources.tolist() == found.sources[shuffled].tolist()
    assert again.numbers.tolist() == found.numbers[shuffled].tolist()


@given(weights=st.lists(st.floats(1e-6, 100), min_size=1, max_size=20))
def test_rounds_are_full_and_nobody_is_left_out(weights):
    """Counts sum to the round, differ from the exact share by less than one turn, or are the one turn of the smallest."""
    counts = turns_per_round(weights)
    exact = np.array(weights) / sum(weights) * TURNS
    assert sum(counts) == TURNS
    assert min(counts) >= 1
    assert np.all(np.array(counts) - exact < 1 + len(weights))


def test_shares_by_hand():
    """Three to one is 768 and 256 of 1024 turns."""
    assert turns_per_round([3, 1]) == [768, 256]
    assert Turns([3, 1], 0).shares == pytest.approx([0.75, 0.25])
