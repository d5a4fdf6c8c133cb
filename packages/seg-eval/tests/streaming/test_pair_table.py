"""Pairs of segments against a dictionary."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import LabelVolumeError
from seg_eval.streaming.pair_table import PairTable

IDS = st.sampled_from([-(2**63), -1, 0, 1, 2, 3, 2**40, 2**63 - 1])


def as_counter(table):
    reference, prediction, voxels = (column.tolist() for column in table.pairs())
    return dict(zip(zip(reference, prediction, strict=True), voxels, strict=True))


@given(rows=st.lists(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=9), min_size=1, max_size=5), data=st.data())
@settings(deadline=None, max_examples=40)
def test_any_ids_in_any_blocks_are_counted_once(rows, data):
    """From a table of 2 slots, which has to grow all the time; ignored labels are those of the reference."""
    ignored = data.draw(st.sets(IDS, max_size=2))
    table, expected = PairTable(capacity=2), Counter()
    for row in rows:
        pairs = np.array(row, np.int64)
        table.add_labels(pairs[np.newaxis, np.newaxis, :, 0], pairs[np.newaxis, np.newaxis, :, 1], ignored)
        expected.update(pair for pair in row if pair[0] not in ignored)
    assert as_counter(table) == dict(expected)


def test_renamed_ids_that_meet_are_added_up():
    """Segments 0 and 1 of the reference turn out to be one."""
    table = PairTable()
    table.add_labels(np.array([[[0, 0, 1, 2]]]), np.array([[[5, 6, 5, 5]]]))
    table.rename(0, np.array([0, 0, 1]))
    assert as_counter(table) == {(0, 5): 2, (0, 6): 1, (1, 5): 1}


def test_unsigned_ids_beyond_the_signed_range_stay_apart():
    """They are told apart by their bits."""
    table = PairTable()
    table.add_labels(np.array([[[2**64 - 1, 2**63]]], np.uint64), np.zeros((1, 1, 2), np.uint8))
    assert table.pairs().voxels.tolist() == [1, 1]


def test_pairs_come_in_order_and_nothing_gives_none():
    """By reference, then by prediction."""
    table = PairTable()
    table.add_labels(np.empty((0, 2, 2), np.int32), np.empty((0, 2, 2), np.int32))
    assert [column.size for column in table.pairs()] == [0, 0, 0]
    table.add_labels(np.array([[[9, 3, 3]]]), np.array([[[1, 2, 1]]]))
    assert [column.tolist() for column in table.pairs()] == [[3, 3, 9], [1, 2, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    ("reference", "prediction"),
    [(np.zeros((1, 1, 2), int), np.zeros((1, 1, 3), int)), (np.zeros((1, 1, 2)), np.zeros((1, 1, 2), int))],
)
def test_labels_that_do_not_fit_are_refused(reference, prediction):
    """Shapes that differ, and floats."""
    with pytest.raises(LabelVolumeError, match="must be integer arrays of one shape"):
        PairTable().add_labels(reference, prediction)
