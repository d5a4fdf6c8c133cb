"""Streams are pure functions of seed, name and number."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seg_common.seeding import stream

keys = st.tuples(st.integers(0, 2**63 - 1), st.sampled_from(["crops", "noise"]), st.integers(0, 10**9))


@given(st.lists(keys, min_size=1, max_size=6), st.randoms())
def test_an_item_does_not_depend_on_the_order_of_drawing(items, random):
    """Workers may take items in any order, any number of times."""
    expected = {item: stream(*item).integers(2**63) for item in items}
    shuffled = items * 2
    random.shuffle(shuffled)
    assert all(stream(*item).integers(2**63) == expected[item] for item in shuffled)


@given(keys, keys)
def test_different_items_have_different_sequences(a, b):
    """Seed, name and number all count."""
    equal = np.array_equal(stream(*a).integers(2**63, size=4), stream(*b).integers(2**63, size=4))
    assert equal == (a == b)


def test_further_counters_name_parts_of_an_item():
    """Part 0 of item 1 is neither item 1 nor item 10."""
    drawn = {stream(0, "crops", *counters).integers(2**63) for counters in [(1,), (1, 0), (10,), (0, 1)]}
    assert len(drawn) == 4


def test_neighbouring_items_are_not_correlated():
    """4000 first numbers of neighbouring items have the mean and the correlation of independent ones within 4 sigma."""
    first = np.array([stream(0, "crops", n).random() for n in range(4_000)])
    assert abs(first.mean() - 0.5) < 4 * np.sqrt(1 / 12 / first.size)
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 4 / np.sqrt(first.size)


def test_a_stream_stays_what_it_is():
    """Runs of the past can be repeated: the raw numbers of a stream never change between versions."""
    assert stream(1, "crops", 2).bit_generator.random_raw(2).tolist() == [
        13045797685211266198,
        5517250164424944389,
    ]
