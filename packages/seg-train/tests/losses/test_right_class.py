"""Cross-entropy and focal loss by hand, and against Keras."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from seg_train.losses.right_class import cross_entropy, focal


def test_two_voxels_by_hand(tensorflow) -> None:
    """p of the right class is 0.5 and 0.8, with weights 1 and 3."""
    labels = np.array([[0, 1]], np.uint8)
    p = tensorflow.constant([[[0.5, 0.5], [0.2, 0.8]]], tensorflow.float64)
    weights = np.array([[1.0, 3.0]])
    assert float(cross_entropy()(labels, p)) == pytest.approx(-(log(0.5) + log(0.8)) / 2)
    assert float(cross_entropy()(labels, p, weights)) == pytest.approx(-(log(0.5) + 3 * log(0.8)) / 4)
    expected = -(0.5**2 * log(0.5) + 3 * 0.2**2 * log(0.8)) / 4
    assert float(focal(2.0)(labels, p, weights)) == pytest.approx(expected)


def test_over_samples_is_the_mean_of_means(tensorflow) -> None:
    """Crops of 2 and 1 annotated voxels count alike; over the batch, voxels do."""
    labels = np.array([[0, 0], [0, 255]], np.uint8)
    p = tensorflow.constant([[[0.5, 0.5], [0.25, 0.75]], [[0.125, 0.875], [0.5, 0.5]]], tensorflow.float64)
    first, second = (log(2) + log(4)) / 2, log(8)
    assert float(cross_entropy("sample")(labels, p)) == pytest.approx((first + second) / 2)
    assert float(cross_entropy()(labels, p)) == pytest.approx((2 * first + second) / 3)


def test_equals_keras(tensorflow) -> None:
    """The same numbers as Keras' own cross-entropy and focal loss, which take one-hot labels."""
    import keras

    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), (2, 4, 5)).astype(np.float32)
    labels = rng.integers(0, 3, (2, 4, 5)).astype(np.uint8)
    truth = np.eye(3, dtype=np.float32)[labels]
    expected = keras.losses.CategoricalCrossentropy()(truth, p)
    assert float(cross_entropy()(labels, p)) == pytest.approx(float(expected), rel=1e-5)
    expected = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=1.5)(truth, p)
    assert float(focal(1.5)(labels, p)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("loss", [cross_entropy(), focal(2.0), focal(0.5)])
@pytest.mark.parametrize("right", [0.0, 1e-30, 1.0])
def test_certain_answers_keep_gradients_finite(tensorflow, loss, right: float) -> None:
    """A probability of 0 has no logarithm, and a power of 0 no slope."""
    p = tensorflow.Variable([[[right, 1 - right]]])
    with tensorflow.GradientTape() as tape:
        value = loss(np.array([[0]], np.uint8), p)
    assert np.isfinite(float(value))
    assert np.isfinite(tape.gradient(value, p).numpy()).all()
