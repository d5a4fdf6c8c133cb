"""Contingency tables by hand, and block by block."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seg_common.counting import contingency
from seg_common.counting.contingency import contingency_table
from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes


def test_rows_are_the_reference_and_columns_the_prediction():
    """Reference 0 0 0 1 against prediction 0 1 1 1: one right 0, two 0 taken for 1, one right 1."""
    table = contingency_table(np.array([[[0, 0, 0, 1]]]), np.array([[[0, 1, 1, 1]]]), 2)
    assert table.tolist() == [[1, 2], [0, 1]]
    assert table.dtype == np.int64


def test_voxels_with_the_ignored_label_count_nowhere():
    """Whatever was predicted there, even a value that is no class."""
    reference = np.array([[[0, 255, 1]]], np.uint8)
    assert contingency_table(reference, np.array([[[0, 255, 0]]], np.uint8), 2, 255).tolist() == [[1, 0], [1, 0]]
    assert contingency_table(np.array([[[-1]]], np.int8), np.array([[[1]]], np.uint8), 2, -1).sum() == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64])
def test_any_integer_dtype_counts_alike(dtype):
    """The pair index fits even where the labels' own dtype would overflow."""
    labels = np.array([[[0, 99, 99]]], dtype)
    table = contingency_table(labels, labels, 100)
    assert (table[0, 0], table[99, 99], table.sum()) == (1, 2, 3)


volumes = st.tuples(*[st.integers(1, 5)] * 3).flatmap(
    lambda shape: st.tuples(*[arrays(np.uint8, shape, elements=st.integers(0, 2))] * 2)
)


@given(volumes, st.tuples(*[st.integers(1, 3)] * 3))
def test_tables_of_blocks_add_up(pair, block_shape):
    """The table of the whole is the sum over any partition into blocks."""
    reference, prediction = pair
    whole = contingency_table(reference, prediction, 3)
    blocks = block_boxes(Box.whole(reference.shape), block_shape)
    parts = [contingency_table(reference[b.slices()], prediction[b.slices()], 3) for b in blocks]
    np.testing.assert_array_equal(sum(parts), whole)
    np.testing.assert_array_equal(contingency_table(prediction, reference, 3), whole.T)


def test_shapes_must_agree():
    """Two volumes of different shape have no pairs."""
    with pytest.raises(LabelVolumeError, match="one shape"):
        contingency_table(np.zeros((1, 1, 2), int), np.zeros((1, 1, 3), int), 2)


@pytest.mark.parametrize(
    ("reference", "prediction", "name"), [([0, 2], [0, 0], "reference"), ([0, 0], [0, 2], "prediction")]
)
def test_a_label_that_is_no_class_is_refused(reference, prediction, name):
    """With two classes, a predicted 2 beside a reference 0 would be counted as a predicted 0 beside a 1."""
    with pytest.raises(LabelVolumeError, match=rf"class indices 0 … 1; the {name} holds 2 \(1 voxels\)"):
        contingency_table(np.array([[reference]]), np.array([[prediction]]), 2)


@pytest.mark.parametrize("n_classes", [2, 16, 17])
@pytest.mark.parametrize("at_once", [1, 40, 10**6])
def test_pairs_that_fit_into_a_byte_are_counted_as_others_are(n_classes, at_once, monkeypatch):
    """Odd numbers of voxels, some of them ignored, some slices left over: the loop over voxels says what is right."""
    monkeypatch.setattr(contingency, "COUNTED_AT_ONCE", at_once)
    generator = np.random.default_rng(n_classes)
    reference, prediction = generator.integers(0, n_classes, (2, 5, 3, 7)).astype(np.uint8)
    reference[generator.random(reference.shape) < 0.2] = 200
    expected = np.zeros((n_classes, n_classes), int)
    for truth, answer in zip(reference.ravel(), prediction.ravel(), strict=True):
        if truth != 200:
            expected[truth, answer] += 1
    np.testing.assert_array_equal(contingency_table(reference, prediction, n_classes, 200), expected)
    known = np.where(reference == 200, 0, reference).astype(np.uint8)
    assert np.trace(contingency_table(known, known, n_classes)) == known.size
