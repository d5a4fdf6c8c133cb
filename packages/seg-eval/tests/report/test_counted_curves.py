"""Curves out of `counts.h5`."""

import numpy as np
import pytest

from seg_common.errors import SegError
from seg_eval.report.counted_curves import read_curves, score_curves


def test_fractions_are_those_of_the_slices(evaluated):
    world, evaluation = evaluated
    curves = read_curves(evaluation.paths.counts)
    labels = world.labels[6:]
    assert curves.starts == (6, 0, 0)
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        for index in range(3):
            np.testing.assert_allclose(curves.reference[axis][:, index], (labels == index).mean(axis=others))
        np.testing.assert_allclose(curves.predicted[axis].sum(axis=1), 1)
        assert (curves.entropy[axis] == 0).all()  # that network is always sure


def test_areas_under_the_curves_are_those_of_the_document(evaluated):
    """Two ways to the same number: trapezoids under the curve here, ranks there."""
    evaluation = evaluated[1]
    counts = read_curves(evaluation.paths.counts).scores
    for one, voxels in zip(evaluation.document.probabilities.classes, counts, strict=True):
        curves = score_curves(voxels)
        area = np.trapezoid([0, *curves.true_positive_rate], [0, *curves.false_positive_rate])
        assert area == pytest.approx(one.roc_area, rel=1e-12)


def test_curves_of_a_class_by_hand():
    """Three voxels of the class in the bins 2, 2, 0; two others in the bins 1 and 0."""
    curves = score_curves(np.array([[1, 1, 0], [1, 0, 2]]))
    np.testing.assert_allclose(curves.true_positive_rate, [2 / 3, 2 / 3, 1])
    np.testing.assert_allclose(curves.false_positive_rate, [0, 1 / 2, 1])
    np.testing.assert_allclose(curves.precision, [1, 2 / 3, 3 / 5])


def test_a_class_without_others_has_no_curve():
    assert score_curves(np.array([[0, 0], [1, 2]])) is None
    assert score_curves(np.array([[1, 0], [0, 0]])) is None


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "counts.h5").write_bytes(b"")
    with pytest.raises(SegError, match="must come with its counts"):
        read_curves(tmp_path / "counts.h5")
