"""Confusion counts on the device against counting in numpy."""

from __future__ import annotations

import numpy as np

from seg_train.metrics import confusion_counts


def test_counts_by_hand(tensorflow) -> None:
    """Truth 0 0 1 2 and ignored, answers 0 1 1 0 2: one count in each of four cells."""
    labels = np.array([[0, 0, 1, 2, 255]], np.uint8)
    probabilities = tensorflow.one_hot([[0, 1, 1, 0, 2]], 3)
    assert confusion_counts(labels, probabilities).numpy().tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_counts_of_a_random_batch(tensorflow) -> None:
    """Counts equal those of a loop over all voxels, in int64."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (2, 3, 4, 5)).astype(np.uint8)
    p = rng.random((2, 3, 4, 5, 3)).astype(np.float32)
    expected = np.zeros((3, 3), np.int64)
    np.add.at(expected, (labels.ravel(), p.argmax(-1).ravel()), 1)
    counts = confusion_counts(labels, tensorflow.constant(p)).numpy()
    assert counts.dtype == np.int64
    assert (counts == expected).all()
