"""Baselines fitted on the grey levels of the training region."""

import numpy as np
import pytest

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.counting.contingency import contingency_table
from seg_common.counting.grey_histograms import grey_bin_edges, grey_histograms
from seg_common.errors import LabelVolumeError
from seg_eval.baselines import ThresholdBaseline, fit_baselines
from seg_eval.grey_intervals import best_grey_intervals

NAMES = ["matrix", "fibre", "pore"]


def scan(dtype):
    """A noisy scan of three classes, with the pores darkest and the labels in another order than the grey levels."""
    generator = np.random.default_rng(0)
    labels = generator.choice(3, (8, 9, 10), p=[0.7, 0.2, 0.1]).astype(np.uint8)
    grey = np.array([100, 160, 50])[labels] + generator.normal(0, 20, labels.shape)
    scale = {"uint8": 1, "uint16": 200, "float32": 1 / 255}[np.dtype(dtype).name]
    return (grey * scale).astype(dtype), labels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_thresholds_reach_their_mean_jaccard_on_the_training_voxels(dtype):
    """What the histogram promises is what classifying the voxels gives, for every dtype of a scan."""
    image, labels = scan(dtype)
    edges = grey_bin_edges(dtype, float(image.min()), float(image.max()))
    histograms = grey_histograms(image, labels, 3, edges)
    _, thresholds, otsu = fitted = fit_baselines(histograms, edges, NAMES)
    scores = [scores_from_confusion(contingency_table(labels, b.predict(image), 3)) for b in fitted]
    assert scores[0].mean_jaccard == pytest.approx(np.count_nonzero(labels == 0) / labels.size / 3)
    assert scores[1].mean_jaccard == pytest.approx(best_grey_intervals(histograms, edges).mean_jaccard)
    assert thresholds.classes == otsu.classes == (2, 0, 1)
    assert scores[0].mean_jaccard < scores[2].mean_jaccard <= scores[1].mean_jaccard


def test_names_and_descriptions_say_the_answer():
    """Thresholds are grey values; classes without an interval are named as well."""
    histograms = np.array([[0, 9, 9, 0, 0, 0], [0, 0, 0, 0, 3, 0], [3, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    constant, thresholds, otsu = fit_baselines(histograms, np.arange(0, 70, 10.0), [*NAMES, "crack"])
    assert (constant.name, constant.description) == ("constant", "matrix everywhere")
    assert thresholds.name == "histogram_thresholds"
    assert thresholds.description == "pore below 10, matrix from 10 to 35, fibre from 35, never crack"
    assert (otsu.name, otsu.description) == ("multi_otsu", thresholds.description.replace("10", "20"))


def test_one_class_needs_no_threshold():
    """Then all baselines say the same."""
    _, thresholds, otsu = fit_baselines(np.array([[1, 2], [0, 0]]), np.arange(3.0), ["air", "grain"])
    assert thresholds.description == otsu.description == "air everywhere, never grain"
    assert not thresholds.predict(np.zeros((1, 2, 3), np.uint8)).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_values_outside_the_training_range_belong_to_the_outer_intervals(dtype):
    """A voxel at a threshold belongs above it; shape is kept and labels are uint8."""
    baseline = ThresholdBaseline(thresholds=(10.0, 20.5), classes=(2, 0, 1), description="")
    labels = baseline.predict(np.array([[[0, 9, 10, 20, 21, 255]]], dtype))
    assert labels.dtype == np.uint8
    assert labels.tolist() == [[[2, 2, 0, 0, 1, 1]]]


def test_extreme_grey_values_are_classified():
    """Infinities and NaN of a float scan get a label too."""
    baseline = ThresholdBaseline(thresholds=(10.0,), classes=(0, 1), description="")
    assert baseline.predict(np.array([-np.inf, -1e30, 1e30, np.inf, np.nan])).tolist() == [0, 0, 1, 1, 1]


def test_constant_is_the_most_frequent_class():
    """Of equally frequent ones the first."""
    constant, *_ = fit_baselines(np.array([[1, 0], [2, 3], [0, 5]]), np.arange(3.0), NAMES)
    assert constant.predict(np.zeros((2, 1, 1), np.float32)).tolist() == [[[1]], [[1]]]


def test_sizes_that_do_not_fit_are_refused():
    """Two rows for three names."""
    with pytest.raises(LabelVolumeError, match=r"got shape \(2, 4\) for 3 classes and 5 edges"):
        fit_baselines(np.ones((2, 4), np.int64), np.arange(5.0), NAMES)


def test_an_unlabelled_training_region_is_refused():
    """There is nothing to fit."""
    with pytest.raises(LabelVolumeError, match="a baseline needs labelled voxels"):
        fit_baselines(np.zeros((3, 4), np.int64), np.arange(5.0), NAMES)
