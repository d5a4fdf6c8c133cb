from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.schema.volume import AnnotatedSlices
from seg_eval.streaming.probability_counts import StreamingProbabilities
from seg_eval.streaming.region_counts import RegionCounts
from seg_eval.unlabelled.annotate_next import slices_to_annotate


def counted(doubt, classes=None, start=0, axis=0):
    """Slices of four voxels: a share of probability that is not for the answer, and the classes of the voxels."""
    n = len(doubt)
    labels = np.zeros((n, 2, 2), np.uint8) if classes is None else np.array(classes, np.uint8).reshape(n, 2, 2)
    p = np.broadcast_to(np.array(doubt)[:, np.newaxis, np.newaxis], labels.shape)
    probabilities = np.stack([np.where(labels == 0, 1 - p, p), np.where(labels == 0, p, 1 - p)], axis=-1)
    labels, probabilities = np.moveaxis(labels, 0, axis), np.moveaxis(probabilities, 0, axis)
    corner = [0, 0, 0]
    corner[axis] = start
    region = Box(start=tuple(corner), shape=labels.shape)
    counts, sums = RegionCounts(region, 2), StreamingProbabilities(region, 2)
    codes = np.ascontiguousarray(labels + np.uint8(1))
    counts.add(region, codes, codes)
    sums.add(region, probabilities)
    return counts, sums


def places(chosen):
    return [one.index for one in chosen]


def test_the_least_sure_slices_that_are_no_neighbours():
    """12 slices, 2 wanted: none nearer than 3 to another, so 5 and 7 give way to 1."""
    doubt = [0.0, 0.1, 0.0, 0.0, 0.0, 0.2, 0.3, 0.25, 0.0, 0.0, 0.0, 0.05]
    chosen = slices_to_annotate(*counted(doubt, start=100), count=2)
    assert places(chosen) == [106, 101]
    assert {one.axis for one in chosen} == {"z"}
    assert chosen[0].score == 1.0
    assert chosen[1].similarity == 1.0  # both are all of class 0


def test_of_equally_unsure_slices_the_one_unlike_those_before():
    """Slice 4 has the amounts of slice 0, slice 9 has others; both are equally doubtful."""
    doubt, classes = [0.0] * 10, np.zeros((10, 4), int)
    doubt[0], doubt[4], doubt[9] = 0.3, 0.2, 0.2
    classes[9] = 1
    chosen = slices_to_annotate(*counted(doubt, classes), count=2)
    assert places(chosen) == [0, 9]
    assert chosen[1].similarity == 0.0


def test_the_axis_of_the_doubt_is_chosen():
    """Slices along x differ in doubt, along z and y they are all alike, and surer than the best of x."""
    doubt = [0.0] * 10
    doubt[3] = 0.4
    chosen = slices_to_annotate(*counted(doubt, axis=2), count=1)
    assert [(one.axis, one.index) for one in chosen] == [("x", 3)]


def test_across_z_when_no_axis_is_better():
    chosen = slices_to_annotate(*counted([0.2, 0.2]), count=1)
    assert [(one.axis, one.index) for one in chosen] == [("z", 0)]


def test_slices_with_labels_are_left_out_with_their_neighbours():
    """12 slices, 2 wanted: none nearer than 3 to slice 6, which has labels."""
    doubt = [0.0, 0.1, 0.0, 0.15, 0.4, 0.4, 0.4, 0.4, 0.4, 0.0, 0.0, 0.05]
    counts, sums = counted(doubt, start=10)
    chosen = slices_to_annotate(counts, sums, AnnotatedSlices(axis="z", indices=[16]), count=2)
    assert places(chosen) == [13, 21]


def test_where_all_is_sure_nothing_is_asked_for():
    assert slices_to_annotate(*counted([0.0] * 4)) == []


def test_a_single_slice_is_all_there_is():
    assert places(slices_to_annotate(*counted([0.1]), count=3)) == [0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 0.5), min_size=2, max_size=40), st.integers(1, 6))
def test_as_many_as_wanted_fit_apart(doubt, count):
    """The distance leaves room for all of them, wherever the first ones lie."""
    chosen = slices_to_annotate(*counted(doubt), count=count)
    found = sorted(places(chosen))
    along = len(doubt) if chosen[0].axis == "z" else 2
    assert len(found) == min(count, along)
    gap = max(1, along // (2 * count))
    assert all(b - a >= gap for a, b in pairwise(found))
    assert chosen[0].mean_entropy == pytest.approx(max(one.mean_entropy for one in chosen))
