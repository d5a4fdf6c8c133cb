import numpy as np
import pytest

from seg_common.geometry.box import Box
from seg_eval.measured_arrays import MeasuredArrays
from seg_eval.measurement import measure
from seg_eval.scores import baseline_scores, class_scores


class Labels:
    """Labels of a whole volume."""

    def __init__(self, labels):
        self.reader = self.labels = np.array(labels, np.uint8)[np.newaxis, np.newaxis]

    def read(self, box):
        return self.labels[box.slices()]


def counted(confusion, compared=True):
    """Measure a row of voxels that has this confusion."""
    pairs = [(r, p) for r, row in enumerate(confusion) for p, count in enumerate(row) for _ in range(count)]
    reference, prediction = (Labels(side) for side in zip(*pairs, strict=True))
    arrays = MeasuredArrays(
        region=Box.whole((1, 1, len(pairs))),
        n_classes=3,
        prediction=prediction,
        reference=reference if compared else None,
    )
    return measure(arrays, connectivity=1, block_bytes=10**6)


def test_scores_by_hand(made):
    """Class 1: 6 right, 2 missed, 1 added: Jaccard 6/9, precision 6/7, recall 6/8; class 2 is nowhere."""
    scores = class_scores(made.CLASSES, counted([[11, 1, 0], [2, 6, 0], [0, 0, 0]]), np.array([13.0, 6.5, 0.5]))
    fibre, pore = scores[1], scores[2]
    assert (fibre.jaccard, fibre.precision, fibre.recall) == (6 / 9, 6 / 7, 6 / 8)
    assert (fibre.dice, fibre.accuracy) == (12 / 15, 17 / 20)
    assert (fibre.reference_fraction, fibre.estimated_fraction) == (8 / 20, 7 / 20)
    assert fibre.estimated_fraction_by_probability == 6.5 / 20
    assert fibre.absolute_error == pytest.approx(-1 / 20)
    assert fibre.relative_error == pytest.approx(-1 / 8)
    assert (pore.jaccard, pore.precision, pore.recall, pore.relative_error) == (None, None, None, None)


def test_without_a_reference_only_fractions_are_known(made):
    fibre = class_scores(made.CLASSES, counted([[2, 1, 0], [1, 0, 0], [0, 0, 0]], compared=False))[1]
    assert (fibre.jaccard, fibre.reference_voxels, fibre.estimated_fraction) == (None, None, 0.25)


def test_a_constant_answer(made):
    """All matrix: its Jaccard is its fraction, the others have 0."""
    scores = baseline_scores(
        np.array([[8, 0, 0], [1, 0, 0], [1, 0, 0]]), made.CLASSES, description="matrix everywhere", fitted_on="here"
    )
    assert [info.jaccard for info in scores.classes] == [0.8, 0.0, 0.0]
    assert scores.mean_jaccard == pytest.approx(0.8 / 3)
    assert scores.classes[0].estimated_fraction == 1.0
