"""Tests of class counts in boxes."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_data.array_in_memory import ArrayInMemory
from seg_data.crop_content import counted
from seg_data.crop_content.counted import CountedContent

LABELS = np.array([[[0, 1, 2], [0, 0, 2]], [[1, 1, 1], [0, 9, 2]]], np.uint8)


def test_counts_the_classes_of_a_box():
    """The first slice holds three voxels of 0, one of 1 and two of 2."""
    content = CountedContent(ArrayInMemory(LABELS), 3, ignored_label=9)
    assert content.class_counts(Box(start=(0, 0, 0), shape=(1, 2, 3))).tolist() == [3, 1, 2]


def test_ignored_voxels_count_in_no_class():
    """Row 0 9 2: one voxel each of classes 0 and 2."""
    content = CountedContent(ArrayInMemory(LABELS), 3, ignored_label=9)
    box = Box(start=(1, 1, 0), shape=(1, 1, 3))
    assert content.class_counts(box).tolist() == [1, 0, 1]
    assert [content.class_count(box, index) for index in range(3)] == [1, 0, 1]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64"])
def test_labels_outside_the_classes_are_refused(dtype):
    """Without an ignored label, 9 is no class; the message names the file and the value."""
    content = CountedContent(ArrayInMemory(LABELS.astype(dtype)), 3)
    with pytest.raises(LabelVolumeError, match=r"0 … 2; memory holds 9"):
        content.class_counts(Box.whole(LABELS.shape))


def test_negative_labels_are_refused():
    """A signed file may hold -1."""
    content = CountedContent(ArrayInMemory(LABELS.astype(np.int8) - 1), 9)
    with pytest.raises(LabelVolumeError, match="-1"):
        content.class_counts(Box.whole(LABELS.shape))


def test_large_boxes_are_counted_in_blocks(monkeypatch):
    """The counts do not depend on the blocks."""
    monkeypatch.setattr(counted, "COUNTING_BYTES", 5)
    reader = ArrayInMemory(LABELS)
    reader.chunk_shape = (1, 1, 1)
    content = CountedContent(reader, 3, ignored_label=9)
    assert content.class_counts(Box.whole(LABELS.shape)).tolist() == [4, 4, 3]
