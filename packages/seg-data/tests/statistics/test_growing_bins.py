"""Bins that widen: exact, and the same in whatever order the grey levels come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seg_data.statistics.growing_bins import MOST_BINS, GrowingBins


def count(parts: list[np.ndarray]) -> GrowingBins:
    """Count levels part by part."""
    bins = GrowingBins(1, parts[0].dtype)
    for part in parts:
        bins.cover(part)
        np.add.at(bins.counts[0], bins.index(part), 1)
    return bins


def test_integers_get_a_bin_each():
    """5 … 8 are four values, hence four bins and five edges."""
    bins = count([np.array([7, 5], np.uint16), np.array([8, 5], np.uint16)])
    assert bins.edges().tolist() == [5, 6, 7, 8, 9]
    assert bins.table().tolist() == [[2, 0, 1, 1]]


def test_bins_merge_in_pairs():
    """0 … 1024 are 1025 values, one too many: bins of two values, 0-1, 2-3, …, 1024-1025."""
    bins = count([np.array([0, 1, 2], np.uint16), np.array([1024], np.uint16)])
    assert bins.edges()[[0, 1, -1]].tolist() == [0, 2, 1026]
    assert bins.table()[0, [0, 1, -1]].tolist() == [2, 1, 1]


@pytest.mark.parametrize(("dtype", "ends"), [("uint8", [0, 256]), ("int8", [-128, 128])])
def test_bytes_always_get_all_their_values(dtype, ends):
    """Histograms of two 8-bit scans can be laid over each other."""
    bins = count([np.array([3, 3], dtype)])
    assert bins.edges()[[0, -1]].tolist() == ends
    assert bins.table().shape == (1, 256)
    assert bins.table()[0, 3 - ends[0]] == 2


def test_no_level_at_all():
    """A volume of NaN still has a histogram: an empty bin."""
    bins = GrowingBins(2, np.float32)
    bins.cover(np.zeros(0, np.float32))
    assert (bins.edges().tolist(), bins.table().tolist()) == ([0.0, 1.0], [[0], [0]])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_one_level(dtype):
    """A constant volume: one bin that holds the level, zero included."""
    for level in (0.0, 1.5, -300.0):
        bins = count([np.full(3, level, dtype)])
        (low, high), table = bins.edges(), bins.table()
        assert low <= level < high
        assert table.tolist() == [[3]]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), dtype=st.sampled_from(["uint16", "int16", "uint32", "int32", "float16", "float32", "float64"]))
def test_order_does_not_matter_and_numpy_agrees(data, dtype):
    """Any levels, however cut: the same edges and counts as in one go, and as numpy counts in those edges."""
    kind = np.dtype(dtype)
    elements = st.floats(-1e4, 1e4, width=8 * kind.itemsize) if kind.kind == "f" else hnp.from_dtype(kind)
    levels = data.draw(hnp.arrays(kind, st.integers(1, 30), elements=elements))
    order = data.draw(st.permutations(range(levels.size)))
    whole, pieces = count([levels]), count(np.array_split(levels[order], data.draw(st.integers(1, levels.size))))
    edges = whole.edges()
    assert pieces.edges().tolist() == edges.tolist()
    assert pieces.table().tolist() == whole.table().tolist()
    assert np.histogram(levels.astype(np.float64), edges)[0].tolist() == whole.table()[0].tolist()
    assert edges.size - 1 <= MOST_BINS
    assert (np.diff(edges) > 0).all()
