"""Histograms with the edges that were counted with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seg_common.counting.grey_histograms import grey_bin_edges, grey_bins, grey_histograms
from seg_common.errors import LabelVolumeError


def test_uint8_has_a_bin_for_every_value():
    """Whatever the range of the voxels."""
    assert grey_bin_edges("uint8", 3, 7).tolist() == list(range(257))


def test_few_integers_have_a_bin_each():
    """1024 values still do, 1025 share."""
    assert grey_bin_edges("int16", -2, 1).tolist() == [-2, -1, 0, 1, 2]
    assert grey_bin_edges("uint16", 0, 1023).tolist() == list(range(1025))
    edges = grey_bin_edges("uint16", 0, 1024)
    assert (edges.size, edges[0], edges[-1]) == (1025, 0, 1024)


def test_a_constant_float_volume_has_growing_edges():
    """Edges of equal value would make bins that hold nothing."""
    edges = grey_bin_edges("float32", 0.5, 0.5)
    assert (np.diff(edges) > 0).all()
    assert edges[0] == 0.5


def test_a_bin_holds_its_left_edge_and_the_last_one_both():
    """Grey levels beyond the edges count in the first and the last bin."""
    edges = np.array([0.0, 1.0, 2.0, 3.0])
    grey = np.array([-5.0, 0.0, 0.5, 1.0, 2.0, 2.9, 3.0, 9.0])
    assert grey_bins(grey, edges).tolist() == [0, 0, 0, 1, 2, 2, 2, 2]
    assert grey_bins(np.array([0, 1, 3, 200], np.uint8), edges).tolist() == [0, 1, 2, 2]


def test_histogram_by_hand():
    """Class 0 holds the grey levels 0 and 1, class 1 twice 1; label 255 and NaN count nowhere."""
    edges = np.array([0.0, 1.0, 2.0])
    image = np.array([[[0.0, 1.0, 1.0, 1.0, 0.0, np.nan]]])
    labels = np.array([[[0, 0, 1, 1, 255, 0]]])
    assert grey_histograms(image, labels, 2, edges).tolist() == [[1, 1], [0, 2]]


@given(st.data())
def test_histograms_agree_with_numpy_and_add_up(data):
    """Class by class the histogram is numpy's, and slices counted alone add up to the whole."""
    shape = data.draw(st.tuples(*[st.integers(1, 4)] * 3))
    dtype = data.draw(st.sampled_from(["uint8", "uint16", "int16"]))
    image = data.draw(arrays(dtype, shape, elements=st.integers(0, 100)))
    labels = data.draw(arrays("uint8", shape, elements=st.integers(0, 2)))
    edges = grey_bin_edges(dtype, image.min(), image.max())
    counted = grey_histograms(image, labels, 2, edges)
    for index in range(2):
        np.testing.assert_array_equal(counted[index], np.histogram(image[labels == index], edges)[0])
    slices = [grey_histograms(image[z : z + 1], labels[z : z + 1], 2, edges) for z in range(shape[0])]
    np.testing.assert_array_equal(sum(slices), counted)


def test_image_and_labels_must_have_one_shape():
    """Labels of another shape belong to other voxels."""
    with pytest.raises(LabelVolumeError, match="image and labels must have one shape"):
        grey_histograms(np.zeros((1, 2, 3)), np.zeros((1, 2, 4), int), 2, np.array([0.0, 1.0]))
