"""Blobs of every class of a label volume."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.metrics.blob_statistics import summary_statistics
from seg_eval.metrics.phase_blobs import StreamingPhaseBlobs


def phase_blobs(labels, n_classes, connectivity, block_shape, ignored_label=None):
    region = Box.whole(labels.shape)
    blobs = StreamingPhaseBlobs(region, n_classes, connectivity, ignored_label)
    for block in block_boxes(region, block_shape):
        blobs.add(block, labels[block.slices()])
    return blobs.finish()


def test_phases_of_a_small_volume():
    """Class 0 is a phase like any other; the ignored label is none."""
    labels = np.array([[[0, 1, 1, 0, 9, 1]]], np.uint8)
    statistics = [summary_statistics(blobs) for blobs in phase_blobs(labels, 3, 1, (1, 1, 2), 9)]
    assert [(s.count, s.total, s.max) for s in statistics] == [(2, 2, 1), (2, 3, 2), (0, 0, None)]


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 7)] * 3),
    block_shape=st.tuples(*[st.integers(1, 7)] * 3),
    connectivity=st.sampled_from([1, 2, 3]),
)
@settings(deadline=None)
def test_each_class_has_the_blobs_that_scipy_finds(seed, shape, block_shape, connectivity):
    """Sizes per class, whatever the blocks."""
    labels = np.random.default_rng(seed).integers(0, 3, shape)
    phases = phase_blobs(labels, 3, connectivity, block_shape)
    for index in range(3):
        numbers, _ = ndimage.label(labels == index, ndimage.generate_binary_structure(3, connectivity))
        assert np.repeat(phases[index].sizes, phases[index].size_counts).tolist() == sorted(
            np.bincount(numbers.ravel())[1:].tolist()
        )


def test_255_classes_and_an_ignored_label_fit_into_bytes():
    """Label 255 would wrap around to nothing, label 254 must not."""
    labels = np.array([[[254, 255, 0]]], np.uint8)
    phases = phase_blobs(labels, 255, 1, (1, 1, 3), 255)
    assert [index for index, blobs in enumerate(phases) if blobs.count] == [0, 254]


def test_a_label_that_is_no_class_is_refused():
    """The message names the block."""
    with pytest.raises(LabelVolumeError, match=r"block \[z 0:1, y 0:1, x 0:2\] holds 7"):
        phase_blobs(np.array([[[0, 7]]]), 2, 1, (1, 1, 2))
