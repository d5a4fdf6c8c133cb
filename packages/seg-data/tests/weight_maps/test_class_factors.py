"""A factor per class from its share."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.voxel_weights import ClassFrequency
from seg_data.weight_maps.class_factors import class_factors, class_fractions_of


def test_by_hand():
    """Shares 0.8 and 0.2: 1 / f is 1.25 and 5, whose mean over the voxels is 0.8 * 1.25 + 0.2 * 5 = 2."""
    assert class_factors([0.8, 0.2], alpha=1) == pytest.approx([0.625, 2.5])
    assert class_factors([0.8, 0.2], alpha=0) == [1, 1]
    # alpha 0.5: k = 1 / (sqrt(0.64) + sqrt(0.36)) with f = 0.64 and 0.36
    assert class_factors([0.64, 0.36], alpha=0.5) == pytest.approx([1 / 1.4 / 0.8, 1 / 1.4 / 0.6])


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(0, 10**6), min_size=1, max_size=5).filter(any), alpha=st.floats(0, 4))
def test_the_mean_over_the_labelled_voxels_is_one(counts, alpha):
    """Whatever the shares; rarer classes never weigh less, absent ones nothing."""
    fractions = [count / sum(counts) for count in counts]
    factors = class_factors(fractions, alpha)
    assert sum(f * w for f, w in zip(fractions, factors, strict=True)) == pytest.approx(1)
    known = sorted((f, w) for f, w in zip(fractions, factors, strict=True) if f)
    assert all(a[1] >= b[1] * (1 - 1e-12) for a, b in pairwise(known))
    assert all(w == 0 for f, w in zip(fractions, factors, strict=True) if not f)


def test_shares_are_counted_in_the_partition(make_volume):
    """Train holds 0 0 1, the rest 2; ignored voxels are no share."""
    labels = np.array([[[0, 0, 1, 255, 2, 2]]], np.uint8)
    train = {"train": Box(start=(0, 0, 0), shape=(1, 1, 4))}
    volume = make_volume(labels, labels, partitions=train, ignored_label=255)
    assert class_fractions_of(volume, ClassFrequency()) == [2 / 3, 1 / 3, 0]
    assert class_fractions_of(volume, ClassFrequency(partition=None)) == [0.4, 0.2, 0.4]
    with pytest.raises(VolumeError, match="got 'test', it has: train"):
        class_fractions_of(volume, ClassFrequency(partition="test"))


def test_nothing_is_labelled(make_volume):
    """Shares of nothing are an error that names the partition."""
    labels = np.full((1, 1, 2), 255, np.uint8)
    volume = make_volume(labels, labels, ignored_label=255)
    with pytest.raises(LabelVolumeError, match="has none in train"):
        class_fractions_of(volume, ClassFrequency())
