"""Slices to look at first: true places in the volume."""

import numpy as np

from seg_common.geometry.box import Box
from seg_eval.measured_arrays import MeasuredArrays
from seg_eval.measurement import measure
from seg_eval.notable_slices import notable_slices
from seg_eval.streaming.probability_counts import StreamingProbabilities

START = (10, 20, 30)


class Placed:
    """An array of the region, in the volume's coordinates."""

    def __init__(self, array):
        self.reader = self.array = array

    def read(self, box):
        return self.array[box.shifted(tuple(-s for s in START)).slices()]


def found(reference, prediction, probabilities=None):
    region = Box(start=START, shape=reference.shape)
    arrays = MeasuredArrays(region=region, n_classes=2, prediction=Placed(prediction), reference=Placed(reference))
    measured = measure(arrays, connectivity=1, block_bytes=64 * 40, probabilities=probabilities)
    compared = measured.compared
    slices = notable_slices(measured.counts, compared.error_blobs.pooled, compared.slice_errors, measured.probabilities)
    return {(one.reason, one.axis): (one.index, one.value) for one in slices}


def test_every_reason_points_to_its_slice():
    """A long thin error along z, a patch in one slice, and scattered single errors in another."""
    reference = np.zeros((9, 8, 7), np.uint8)
    prediction = reference.copy()
    prediction[0:7, 1, 1] = 1  # 7 voxels, centre z 3: the largest blob
    prediction[8, 4:6, 3:6] = 1  # 6 voxels: the largest within a slice across z
    prediction[2, ::2, ::2] = 1  # 16 single voxels: the worst slice
    p = np.zeros((9, 8, 7, 2))
    p[..., 0] = 1
    p[5, 7, 6] = 0.5
    region = Box(start=START, shape=reference.shape)
    counts = StreamingProbabilities(region, 2)
    counts.add(region, p)
    slices = found(reference, prediction, counts)
    assert slices["largest_error_blob", "z"] == (13, 7.0)
    assert slices["largest_error_blob", "y"] == (21, 7.0)
    assert slices["largest_blob_in_slice", "z"] == (18, 6.0)
    assert slices["largest_blob_in_slice", "y"] == (21, 7.0)
    assert slices["worst_slice", "z"] == (12, 17 / 56)
    assert [slices["most_uncertain_slice", axis][0] for axis in "zyx"] == [15, 27, 36]
    assert slices["most_uncertain_slice", "z"][1] == 1 / 56


def test_a_perfect_prediction_has_no_slice_of_errors():
    """And a volume of one slice only that slice."""
    labels = np.zeros((1, 4, 4), np.uint8)
    assert found(labels, labels) == {}
    wrong = labels.copy()
    wrong[0, 2, 3] = 1
    assert {place: index for place, (index, _) in found(labels, wrong).items() if place[1] == "z"} == {
        ("largest_error_blob", "z"): 10,
        ("largest_blob_in_slice", "z"): 10,
        ("worst_slice", "z"): 10,
    }
