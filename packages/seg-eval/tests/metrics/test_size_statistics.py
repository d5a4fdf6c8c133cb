"""Percentiles and bins of sizes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_eval.metrics.size_bins import size_bins, size_edges
from seg_eval.metrics.size_statistics import PERCENTILES, size_percentiles


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
@settings(deadline=None)
def test_percentiles_are_those_of_numpy_with_and_without_counts(sizes):
    """The smallest size that the share does not exceed."""
    values = np.array(sizes)
    expected = {q: int(np.percentile(values, q, method="inverted_cdf")) for q in PERCENTILES}
    assert size_percentiles(values) == expected
    assert size_percentiles(*np.unique(values, return_counts=True)) == expected


def test_no_size_no_percentile():
    """Null rather than 0."""
    assert size_percentiles(np.empty(0, np.int64)) is None


@given(st.lists(st.integers(1, 2**52), min_size=1))
@settings(deadline=None)
def test_every_size_lies_in_its_bin(sizes):
    """Also at powers of 2, and one below them."""
    values = np.array([*sizes, *(2 ** np.arange(1, 52)), *(2 ** np.arange(1, 52) - 1)])
    edges = np.array(size_edges(int(values.max())))
    bins = size_bins(values)
    assert (edges[bins] <= values).all()
    assert (values < edges[bins + 1]).all()
