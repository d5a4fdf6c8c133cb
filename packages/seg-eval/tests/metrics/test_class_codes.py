"""Class indices as codes."""

import numpy as np
import pytest

from seg_eval.metrics.class_codes import class_codes


@pytest.mark.parametrize(("n_classes", "dtype"), [(2, np.uint8), (255, np.uint8), (256, np.uint16)])
def test_the_smallest_type_that_holds_every_code(n_classes, dtype):
    """The code of the last class is the number of classes."""
    codes = class_codes(np.array([[[0, n_classes - 1]]], np.int64), n_classes)
    assert codes.dtype == dtype
    assert codes.tolist() == [[[1, n_classes]]]


def test_voxels_that_are_not_chosen_are_nothing():
    """Whatever their label is; the labels themselves stay as they are."""
    labels = np.array([[[0, 255, 1]]], np.uint8)
    assert class_codes(labels, 2, np.array([[[True, False, False]]])).tolist() == [[[1, 0, 0]]]
    assert labels.tolist() == [[[0, 255, 1]]]
