from dataclasses import replace

import numpy as np
import pytest

from seg_common.geometry.box import Box
from seg_common.schema.histogram import GreyHistogram
from seg_common.volume.open_array import open_array
from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
from seg_eval.measurement import measure
from seg_eval.unlabelled.grey_range import _ends, grey_range, grey_warnings


@pytest.fixture
def measured(tmp_path):
    """Count grey levels and predicted labels of one row of voxels."""

    def run(grey, labels, edges):
        np.save(tmp_path / "grey.npy", grey.reshape(1, 1, -1))
        np.save(tmp_path / "labels.npy", np.array(labels, np.uint8).reshape(1, 1, -1))
        with open_array(tmp_path / "grey.npy") as image, open_array(tmp_path / "labels.npy") as answer:
            arrays = MeasuredArrays(
                region=Box.whole(image.shape), n_classes=2, prediction=PlacedArray(answer), image=PlacedArray(image)
            )
            return measure(arrays, connectivity=1, block_bytes=1000, grey_edges=np.array(edges, float))

    return run


ROW = Box.whole((1, 1, 4))


def trained(counts, edges, region=ROW):
    return GreyHistogram(
        volume="scan", region=region, dtype="uint16", class_names=["a", "b"], edges=list(edges), counts=counts
    )


EDGES = [0, 10, 20, 30, 40]
"""Class 0 in the second bin, class 1 in the third."""
HISTOGRAM = trained([[0, 600, 0, 0], [0, 0, 400, 0]], EDGES)


def test_the_same_grey_levels_are_inside(measured):
    grey = np.array([15] * 6 + [25] * 4, np.uint16)
    found = grey_range(HISTOGRAM, measured(grey, [0] * 6 + [1] * 4, EDGES))
    assert (found.low, found.high, found.share_below, found.share_above) == (10, 30, 0, 0)
    assert found.histogram_distance == pytest.approx(0)
    assert found.unexplained_share == pytest.approx(0)
    assert found.trained_on == "scan (z 0:1, y 0:1, x 0:4)"
    assert grey_warnings(found) == []


def test_other_amounts_are_explained(measured):
    """All of class 0: the histograms differ by the 40 % of class 1, and the prediction accounts for it."""
    found = grey_range(HISTOGRAM, measured(np.full(10, 15, np.uint16), [0] * 10, EDGES))
    assert found.histogram_distance == pytest.approx(0.4)
    assert found.unexplained_share == pytest.approx(0)


def test_grey_levels_that_training_never_saw_are_counted_and_warned_of(measured):
    """Of ten voxels one is darker and two are brighter than the range: in a bin without, and beyond all bins."""
    grey = np.array([5, 35, 60000] + [15] * 7, np.uint16)
    found = grey_range(HISTOGRAM, measured(grey, [0] * 10, EDGES))
    assert (found.share_below, found.share_above) == (0.1, 0.2)
    assert found.unexplained_share == pytest.approx(0.3)
    beyond, unexplained = grey_warnings(found)
    assert "10.0% of the voxels are darker than grey level 10 and 20.0% brighter than 30" in beyond
    assert "30% of the voxels are not explained" in unexplained


def test_what_lies_beyond_all_bins_is_no_part_of_the_outermost(measured):
    """Training reaches into both outermost bins; two voxels lie beyond them."""
    histogram = trained([[500, 0, 0, 0], [0, 0, 0, 500]], [10, 20, 30, 40, 50])
    grey = np.array([3, 15, 45, 50, 51], np.uint16)
    found = grey_range(histogram, measured(grey, [0] * 5, histogram.edges))
    assert (found.low, found.high, found.share_below, found.share_above) == (10, 50, 0.2, 0.2)


def test_single_outliers_of_training_do_not_stretch_the_range():
    """One of 1001 darkest and brightest voxels each; 0.1 % is more than one."""
    counts = [[1, 1000, 0, 0], [0, 0, 1000, 1]]
    assert _ends(np.array(counts).sum(axis=0)) == (1, 2)


def test_nothing_is_said_without_histograms_or_in_other_bins(measured):
    found = measured(np.array([15], np.uint16), [0], EDGES)
    assert grey_range(None, found) is None
    assert grey_range(HISTOGRAM, replace(found, grey_counts=None)) is None
    assert grey_range(trained(HISTOGRAM.counts, [0, 10, 20, 30, 41]), found) is None
    assert grey_range(trained(HISTOGRAM.counts, EDGES, region=None), found).trained_on == "scan"
    assert grey_warnings(None) == []
