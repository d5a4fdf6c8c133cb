"""The confusion of two blocks in compiled code, against the one in numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.counting.contingency import contingency_table
from seg_common.errors import LabelVolumeError
from seg_eval.streaming.class_pairs import class_pairs


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(0, 7)] * 3),
    n_classes=st.integers(1, 5),
    ignored=st.sampled_from([None, 0, 2, 3, 4, 255]),
    dtype=st.sampled_from([np.uint8, np.int16]),
)
@settings(deadline=None, max_examples=100)
def test_the_counts_are_those_of_the_contingency_table(seed, shape, n_classes, ignored, dtype):
    """For any number of voxels, and whatever stands where the reference is ignored."""
    rng = np.random.default_rng(seed)
    reference, prediction = rng.integers(0, n_classes, (2, *shape)).astype(dtype)
    if ignored is not None:
        unknown = rng.random(shape) < 0.3
        reference[unknown], prediction[unknown] = ignored, rng.integers(0, 256, shape)[unknown]
        prediction[reference == ignored] = rng.integers(0, 256)
    expected = contingency_table(reference, prediction, n_classes, ignored)
    np.testing.assert_array_equal(class_pairs(reference, prediction, n_classes, ignored), expected)


def test_slices_of_a_volume_are_counted_where_they_lie():
    """Views that are not contiguous, read-only or begin at odd addresses."""
    labels = np.random.default_rng(2).integers(0, 3, (5, 6, 7)).astype(np.uint8)
    labels.flags.writeable = False
    for view in (labels[:, 1:, ::2], labels[1:], labels.reshape(-1)[3:].reshape(1, 9, 23)):
        np.testing.assert_array_equal(class_pairs(view, view, 3), np.diag(np.bincount(view.ravel(), minlength=3)))


@pytest.mark.parametrize(("n_classes", "value"), [(2, 2), (3, 3), (4, 4), (3, 255)])
@pytest.mark.parametrize("place", [0, 9, 16])
@pytest.mark.parametrize("side", [0, 1])
def test_a_label_that_is_no_class_is_refused_wherever_it_stands(n_classes, value, place, side):
    """In a word or behind the last one, in a byte that fits into two bits or does not; never counted as another class."""
    labels = np.zeros((2, 1, 1, 17), np.uint8)
    labels[side, 0, 0, place] = value
    with pytest.raises(LabelVolumeError, match=rf"class indices 0 … {n_classes - 1}; .* holds {value} \(1 voxels\)"):
        class_pairs(*labels, n_classes)


def test_volumes_of_different_shape_are_refused():
    """Two volumes of different shape have no pairs."""
    with pytest.raises(LabelVolumeError, match="one shape"):
        class_pairs(np.zeros((1, 1, 8), np.uint8), np.zeros((1, 1, 16), np.uint8), 2)
