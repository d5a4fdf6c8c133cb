"""The streaming pass against whole-volume results of scipy and numpy."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_common.volume.open_array import open_array
from seg_eval.baselines import ConstantBaseline, ThresholdBaseline
from seg_eval.evaluation_parts import class_intervals, compared_parts, free_parts
from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
from seg_eval.measurement import measure, require_reference_classes
from seg_eval.metrics.blob_statistics import Surroundings, summary_statistics
from seg_eval.metrics.block_bootstrap import bootstrap_blocks
from seg_eval.probability_volume import ProbabilityVolume

REGION = Box(start=(2, 1, 0), shape=(5, 11, 8))
BASELINES = (ConstantBaseline(0, "class 0"), ThresholdBaseline((60.0, 170.0), (2, 0, 1), "by thresholds"))


@pytest.fixture
def arrays(tmp_path, made):
    """A made-up scan, its labels with some voxels ignored, and a prediction of the region with errors."""
    image, labels = made.scan((9, 14, 10))
    rng = np.random.default_rng(1)
    predicted = labels[REGION.slices()].copy()
    predicted[rng.random(predicted.shape) < 0.2] = 1
    labels[rng.random(labels.shape) < 0.1] = 255
    for name, array in (("image", image), ("labels", labels), ("predicted", predicted)):
        np.save(tmp_path / f"{name}.npy", array)
    readers = {name: open_array(tmp_path / f"{name}.npy") for name in ("image", "labels", "predicted")}
    return MeasuredArrays(
        region=REGION,
        n_classes=3,
        prediction=PlacedArray(readers["predicted"], REGION.start),
        reference=PlacedArray(readers["labels"]),
        ignored_label=255,
        image=PlacedArray(readers["image"]),
    )


def test_counts_equal_those_of_the_whole_volume(arrays):
    reference, predicted = arrays.reference.read(REGION), arrays.prediction.read(REGION)
    measured = measure(arrays, connectivity=1, baselines=BASELINES, block_bytes=3000)
    known = reference != 255
    confusion = [[np.sum(known & (reference == r) & (predicted == p)) for p in range(3)] for r in range(3)]
    np.testing.assert_array_equal(measured.confusion, confusion)
    np.testing.assert_array_equal(measured.predicted_counts, np.sum(confusion, axis=0))
    assert measured.ignored_voxels == np.sum(~known)
    # False positives of class 1, 6 neighbours, by scipy.
    wrong = known & (reference != 1) & (predicted == 1)
    parts, _ = ndimage.label(wrong)
    sizes = np.bincount(parts.ravel())[1:]
    found = measured.error_blobs.fp[1]
    np.testing.assert_array_equal(np.repeat(found.sizes, found.size_counts), np.sort(sizes))
    # Blobs of the prediction include what the reference ignores.
    _, pores = ndimage.label(predicted == 2)
    assert measured.phase_blobs[2].count == pores
    # The baselines look at the same voxels.
    grey = arrays.image.read(REGION)
    by_grey = np.where(grey < 60, 2, np.where(grey >= 170, 1, 0))
    expected = [[np.sum(known & (reference == r) & (by_grey == p)) for p in range(3)] for r in range(3)]
    np.testing.assert_array_equal(measured.baseline_confusions["histogram_thresholds"], expected)
    assert measured.baseline_confusions["constant"][:, 1:].sum() == 0


@given(block_bytes=st.integers(32, 32 * 800))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_block_size_changes_anything(arrays, block_bytes):
    """From one voxel to the whole region."""
    whole = measure(arrays, connectivity=3, baselines=BASELINES, block_bytes=10**9)
    blocks = measure(arrays, connectivity=3, baselines=BASELINES, block_bytes=block_bytes)
    np.testing.assert_array_equal(whole.confusion, blocks.confusion)
    for index in range(3):
        assert whole.error_blobs.of_class(index) == blocks.error_blobs.of_class(index)
        assert summary_statistics(whole.phase_blobs[index]) == summary_statistics(blocks.phase_blobs[index])
    assert whole.error_blobs.pooled_statistics() == blocks.error_blobs.pooled_statistics()


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    voxels=st.integers(1, 200),
    connectivity=st.sampled_from([1, 2, 3]),
)
@settings(deadline=None, max_examples=20)
def test_every_number_of_a_document_is_the_same_for_any_block(seed, shape, voxels, connectivity):
    """Streamed equals whole, down to volumes and blocks of one voxel, with ignored voxels and probabilities."""
    rng = np.random.default_rng(seed)
    region = Box(start=(4, 0, 2), shape=shape)
    reference = rng.integers(0, 3, shape).astype(np.uint8)
    predicted = np.where(rng.random(shape) < 0.7, reference, rng.integers(0, 3, shape)).astype(np.uint8)
    reference[rng.random(shape) < 0.1] = 255
    p = rng.dirichlet(np.ones(3), shape)
    arrays = MeasuredArrays(
        region=region,
        n_classes=3,
        prediction=InMemory(predicted, region.start),
        reference=InMemory(reference, region.start),
        ignored_label=255,
        probabilities=ProbabilityVolume(p, region.start),
        voxel_size=(2.0, 1.0, 1.0),
        voxel_size_unit="µm",
    )

    def parts(block_bytes):
        measured = measure(arrays, connectivity=connectivity, block_bytes=block_bytes)
        names, surroundings = ["a", "b", "c"], Surroundings(region, (2.0, 1.0, 1.0), "µm")
        blocks = bootstrap_blocks(measured.counts.lattice, measured.counts.cells)
        return (
            class_intervals(measured, blocks),
            free_parts(measured, names, surroundings, blocks),
            compared_parts(measured, measured.compared, names, surroundings, connectivity),
        )

    assert parts(64 * voxels) == parts(10**9)


class InMemory:
    """Labels of a region, in the volume's coordinates."""

    def __init__(self, array, start):
        self.array = self.reader = array
        self.start = start

    def read(self, box):
        return self.array[box.shifted(tuple(-s for s in self.start)).slices()]


def test_without_a_reference_only_the_prediction_is_counted(arrays):
    alone = MeasuredArrays(region=REGION, n_classes=3, prediction=arrays.prediction)
    measured = measure(alone, connectivity=3, baselines=BASELINES, block_bytes=5000)
    assert (measured.confusion, measured.error_blobs, measured.baseline_confusions) == (None, None, {})
    np.testing.assert_array_equal(measured.predicted_counts, np.bincount(arrays.prediction.read(REGION).ravel()))


def test_the_prediction_may_hold_the_ignored_label_where_the_reference_does(arrays, tmp_path):
    """A reference scored against itself is right everywhere."""
    same = MeasuredArrays(
        region=REGION, n_classes=3, prediction=arrays.reference, reference=arrays.reference, ignored_label=255
    )
    measured = measure(same, connectivity=3, block_bytes=10**6)
    assert measured.confusion.sum() == np.trace(measured.confusion) > 0
    assert measured.error_blobs.pooled.count == 0


def test_reference_labels_outside_the_classes_are_refused(arrays):
    with pytest.raises(LabelVolumeError, match=r"class indices 0 … 1; .*labels.npy holds 2"):
        require_reference_classes(arrays.reference, REGION, 2, 255, block_bytes=10**6)
