"""Tests of labels under other numbers."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import LabelVolumeError
from seg_data.array_in_memory import ArrayInMemory
from seg_data.label_mapping import MappedLabels, parse_mapping


def test_values_are_replaced_at_once():
    """0 and 1 swap: no value is mapped twice. Others stay."""
    labels = ArrayInMemory(np.array([[[0, 1, 2, 1000]]], np.int32))
    mapped = MappedLabels(labels, {0: 1, 1: 0, 1000: 255})[:]
    assert mapped.tolist() == [[[1, 0, 2, 255]]]
    assert mapped.dtype == np.uint8


def test_pairs_are_read():
    """Old values may be negative."""
    assert parse_mapping("255:1") == (255, 1)
    assert parse_mapping("-1:0") == (-1, 0)


@pytest.mark.parametrize("text", ["255", "a:1", "1:b", "1:-1", "1:255", ""])
def test_pairs_of_another_form(text):
    """The message shows the right form."""
    with pytest.raises(LabelVolumeError, match="OLD:NEW"):
        parse_mapping(text)
