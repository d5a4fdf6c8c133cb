"""Which values a label volume holds, and which of them are classes."""

import numpy as np
import pytest

from seg_common.counting.label_values import count_label_values, require_class_labels
from seg_common.errors import LabelVolumeError


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64"])
def test_values_are_counted_over_blocks(dtype):
    """Blocks add up, and values come in growing order."""
    blocks = [np.array([[[100, 0, 0]]], dtype), np.array([[[100, 3]]], dtype)]
    assert count_label_values(blocks) == {0: 2, 3: 1, 100: 2}
    assert list(count_label_values(blocks)) == [0, 3, 100]


def test_negative_values_are_counted():
    """A signed volume may mark unknown voxels with -1."""
    assert count_label_values([np.array([-1, -1, 2], np.int8)]) == {-1: 2, 2: 1}


def test_classes_and_the_ignored_label_pass():
    """Nothing is said about labels that are as they should be, or about no labels at all."""
    require_class_labels(np.array([0, 1, 2, 255], np.uint8), 3, 255, "labels.h5")
    require_class_labels(np.array([0, 1, -1], np.int8), 2, -1, "labels.h5")
    require_class_labels(np.array([], np.uint8), 3, None, "labels.h5")


def test_other_values_are_named_with_their_counts():
    """The message says where, what and how many, and who helps."""
    labels = np.array([0, 255, 255, 1], np.uint8)
    message = r"class indices 0 … 1; labels.h5 holds 255 \(2 voxels\). seg-data check"
    with pytest.raises(LabelVolumeError, match=message):
        require_class_labels(labels, 2, None, "labels.h5")
    with pytest.raises(LabelVolumeError, match=r"-1 \(1 voxels\)"):
        require_class_labels(np.array([0, -1], np.int8), 2, 255, "labels.h5")


def test_many_wrong_values_are_not_all_listed():
    """An instance volume with thousands of values still gives one readable line."""
    with pytest.raises(LabelVolumeError, match=r"14 \(1 voxels\) and more"):
        require_class_labels(np.arange(1000), 10, None, "labels.h5")
