"""Splits and merges in bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.metrics import variation_of_information as skimage_voi

from seg_common.counting.contingency import contingency_table
from seg_common.errors import LabelVolumeError
from seg_eval.metrics.variation_of_information import variation_of_information

LABEL_PAIRS = hnp.array_shapes(min_dims=3, max_dims=3, max_side=6).flatmap(
    lambda shape: st.tuples(*[hnp.arrays(np.uint8, shape, elements=st.integers(0, 4))] * 2)
)
TABLES = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.integers(0, 10**12)
).filter(np.any)


def test_one_object_cut_into_halves_is_split_by_one_bit():
    """A reference segment of 8 voxels and two predicted ones of 4: 2 · 4/8 log2(8/4) = 1 bit."""
    voi = variation_of_information(np.array([[4, 4]]))
    assert (voi.split, voi.merge) == (1.0, 0.0)


def test_two_objects_joined_are_merged_by_one_bit():
    """The same with reference and prediction exchanged."""
    voi = variation_of_information(np.array([[4], [4]]))
    assert (voi.split, voi.merge) == (0.0, 1.0)


def test_a_table_worked_out_by_hand():
    """[[6, 2], [0, 8]]: split = (6 log2(8/6) + 2 log2(8/2)) / 16, merge = (2 log2(10/2) + 8 log2(10/8)) / 16."""
    voi = variation_of_information(np.array([[6, 2], [0, 8]]))
    assert voi.split == pytest.approx((6 * np.log2(8 / 6) + 2 * 2) / 16, abs=1e-15)
    assert voi.merge == pytest.approx((2 * np.log2(10 / 2) + 8 * np.log2(10 / 8)) / 16, abs=1e-15)


@given(LABEL_PAIRS)
@settings(deadline=None)
def test_both_parts_equal_those_of_scikit_image(pair):
    """scikit-image called with (reference, prediction) returns (split, merge)."""
    voi = variation_of_information(contingency_table(*pair, 5))
    assert (voi.split, voi.merge) == pytest.approx(tuple(skimage_voi(*pair)), abs=1e-10)


@given(TABLES)
def test_exchanging_the_volumes_exchanges_the_parts(table):
    """Both parts are at least 0, and the transposed table swaps them."""
    voi, swapped = variation_of_information(table), variation_of_information(table.T)
    assert (voi.split, voi.merge) == (swapped.merge, swapped.split)
    assert min(voi.split, voi.merge) >= 0


@given(TABLES, st.randoms(use_true_random=False))
def test_names_of_segments_do_not_matter(table, random):
    """Rows and columns in another order give the same bits."""
    rows, columns = list(range(table.shape[0])), list(range(table.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    assert variation_of_information(table) == variation_of_information(table[rows][:, columns])


@given(hnp.arrays(np.int64, st.integers(1, 6), elements=st.integers(1, 10**15)))
def test_identical_partitions_are_exactly_0_apart(sizes):
    """No rounding leaves a trace on the diagonal."""
    voi = variation_of_information(np.diag(sizes))
    assert (voi.split, voi.merge) == (0.0, 0.0)


def test_one_wrong_voxel_among_very_many_keeps_its_digits():
    """1 of 10¹² voxels: split is (1 + log(10¹²)) / 10¹² / log(2) bits to first order."""
    voi = variation_of_information(np.array([[10**12 - 1, 1]]))
    assert voi.split == pytest.approx((1 + np.log(1e12)) / 1e12 / np.log(2), rel=1e-10)


def test_nothing_counted_means_nothing_measured():
    """A region that is ignored altogether has no variation of information."""
    assert variation_of_information(np.zeros((2, 2), np.int64)) is None


@pytest.mark.parametrize("table", [np.array([[1, -1]]), np.array([1, 2])])
def test_what_is_no_table_of_counts_is_refused(table):
    """Negative counts and other dimensions are errors."""
    with pytest.raises(LabelVolumeError, match="non-negative counts on 2 axes; got shape"):
        variation_of_information(table)
