"""Blobs of wrong voxels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.metrics.error_blobs import StreamingErrorBlobs

IGNORED = 9


def error_blobs(reference, prediction, n_classes, connectivity, block_shape, ignored_label=None):
    region = Box.whole(reference.shape)
    errors = StreamingErrorBlobs(region, n_classes, connectivity, ignored_label)
    for block in block_boxes(region, block_shape):
        errors.add(block, reference[block.slices()], prediction[block.slices()])
    return errors.finish()


def scipy_sizes(mask, connectivity):
    numbers, _ = ndimage.label(mask, ndimage.generate_binary_structure(3, connectivity))
    return sorted(np.bincount(numbers.ravel())[1:].tolist())


def sizes(summary):
    return np.repeat(summary.sizes, summary.size_counts).tolist()


def test_a_row_of_three_classes_by_hand():
    """Wrong voxels at x = 1 (1 as 0), 2 (1 as 2), 5 (0 as 2), 6 (2 as 0); what is ignored at 8 is no error."""
    reference = np.array([[[0, 1, 1, 1, 0, 0, 2, 2, IGNORED]]])
    prediction = np.array([[[0, 0, 2, 1, 0, 2, 0, 2, 1]]])
    blobs = error_blobs(reference, prediction, 3, 1, (1, 1, 2), IGNORED)
    first, second, third = (blobs.of_class(index) for index in range(3))
    # class 0: taken at 1 and 6, missed at 5; class 1: missed at 1-2; class 2: taken at 2 and 5, missed at 6.
    assert (first.fp.count, first.fn.count, first.both.count, first.both.max) == (2, 1, 2, 2)
    assert (second.fp.count, second.fn.count, second.fn.max, second.both.total) == (0, 1, 2, 2)
    assert (third.fp.count, third.fn.count, third.both.count, third.both.total) == (2, 1, 2, 3)
    assert (blobs.pooled_statistics().count, blobs.pooled_statistics().max) == (2, 2)
    assert second.fn.largest[0].box == Box.between((0, 0, 1), (1, 1, 3))


@given(
    seed=st.integers(0, 2**32 - 1),
    n_classes=st.integers(1, 4),
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    block_shape=st.tuples(*[st.integers(1, 6)] * 3),
    connectivity=st.sampled_from([1, 2, 3]),
    ignored_label=st.sampled_from([None, IGNORED]),
)
@settings(deadline=None, max_examples=150)
def test_every_kind_of_error_equals_scipy_on_its_mask(seed, n_classes, shape, block_shape, connectivity, ignored_label):
    """FP, FN, both and pooled, for any blocks, classes, connectivity and ignored voxels."""
    generator = np.random.default_rng(seed)
    reference = generator.integers(0, n_classes, shape, np.uint8)
    prediction = np.where(generator.random(shape) < 0.5, reference, generator.integers(0, n_classes, shape))
    if ignored_label is not None:
        reference[generator.random(shape) < 0.2] = ignored_label
    blobs = error_blobs(reference, prediction, n_classes, connectivity, block_shape, ignored_label)
    known = reference != IGNORED
    assert sizes(blobs.pooled) == scipy_sizes((reference != prediction) & known, connectivity)
    for index in range(n_classes):
        is_reference, is_predicted = (reference == index) & known, (prediction == index) & known
        fp, fn = is_predicted & ~is_reference, is_reference & ~is_predicted
        assert sizes(blobs.fp[index]) == scipy_sizes(fp, connectivity)
        assert sizes(blobs.fn[index]) == scipy_sizes(fn, connectivity)
        assert sizes(blobs.both[index]) == scipy_sizes(fp | fn, connectivity)


def test_a_perfect_prediction_has_no_error_blob():
    """Null where nothing can be measured, 0 where nothing was counted."""
    labels = np.zeros((2, 2, 2), np.uint8)
    blobs = error_blobs(labels, labels, 3, 3, (1, 2, 2))
    assert {blobs.of_class(index).both.count for index in range(3)} == {0}
    assert blobs.pooled_statistics().max is None


def test_volumes_that_differ_in_shape_are_refused():
    """The message names both shapes and the block."""
    errors = StreamingErrorBlobs(Box.whole((1, 1, 2)), 2, 1)
    with pytest.raises(LabelVolumeError, match=r"got \(1, 1, 2\) and \(1, 1, 3\) for the block"):
        errors.add(Box.whole((1, 1, 2)), np.zeros((1, 1, 2), np.uint8), np.zeros((1, 1, 3), np.uint8))


@pytest.mark.parametrize(
    ("reference", "prediction", "named"), [(5, 0, "the reference"), (0, IGNORED, "the prediction")]
)
def test_a_label_that_is_no_class_is_refused(reference, prediction, named):
    """The ignored label is allowed in the reference only."""
    with pytest.raises(LabelVolumeError, match=named):
        error_blobs(np.full((1, 1, 1), reference), np.full((1, 1, 1), prediction), 2, 1, (1, 1, 1), IGNORED)
