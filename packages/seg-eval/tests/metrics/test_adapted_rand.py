"""Adapted Rand against scikit-image and in exact integers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import adapted_rand_error

from seg_eval.metrics.adapted_rand import adapted_rand
from seg_eval.streaming.pair_table import PairTable, SegmentPairs


@given(seed=st.integers(0, 2**32 - 1), ids=st.integers(2, 12))
@settings(deadline=None, max_examples=40)
def test_error_is_that_of_scikit_image(seed, ids):
    """Within 1e-10; scikit-image calls the recall precision."""
    rng = np.random.default_rng(seed)
    reference, prediction = rng.integers(1, ids, (2, 3, 4, 5))
    table = PairTable()
    table.add_labels(reference, prediction)
    result = adapted_rand(table.pairs())
    error, first, second = adapted_rand_error(reference, prediction, ignore_labels=())
    assert result.error == pytest.approx(error, rel=1e-10, abs=1e-14)
    assert sorted([result.precision, result.recall]) == pytest.approx(sorted([first, second]), rel=1e-10)


def test_precision_falls_where_segments_merge():
    """Two reference segments of 2 voxels in one predicted segment: 4 of its 12 ordered pairs belong together."""
    merged = adapted_rand(SegmentPairs(np.array([1, 2]), np.array([1, 1]), np.array([2, 2])))
    assert (merged.precision, merged.recall) == (pytest.approx(1 / 3), 1.0)


def test_sums_beyond_64_bits_are_exact():
    """Segments of 3 · 10^10 voxels have 9 · 10^20 pairs."""
    sizes = [3 * 10**10, 2**31, 7]
    result = adapted_rand(SegmentPairs(np.array([1, 1, 2]), np.array([1, 2, 2]), np.array(sizes)))
    squares = sum(n * (n - 1) for n in sizes)
    reference = sum(n * (n - 1) for n in (sizes[0] + sizes[1], sizes[2]))
    assert result.recall == float(Fraction(squares, reference))


@pytest.mark.parametrize("voxels", [[], [1, 1]])
def test_without_pairs_of_voxels_there_is_nothing_to_say(voxels):
    """No voxel, or every voxel a segment of its own on both sides."""
    ids = np.arange(len(voxels))
    assert adapted_rand(SegmentPairs(ids, ids, np.array(voxels, np.int64))) == (None, None, None)
