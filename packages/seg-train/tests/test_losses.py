"""jaccard2 against hand-computed values and its own definition."""

from __future__ import annotations

import numpy as np
import pytest

from seg_train.losses import jaccard2_loss, jaccard2_sums


def definition(labels: np.ndarray, p: np.ndarray, s: float) -> float:
    """The formula, written down in numpy over the voxels of a class."""
    y = np.eye(p.shape[-1])[np.where(labels < p.shape[-1], labels, 0)]
    w = (labels < p.shape[-1])[..., None]
    intersection = (w * y * p).sum()
    union = (w * (y + p**2 - y * p)).sum()
    return float(1 - (intersection + s) / (union + s))


def loss(labels: np.ndarray, p: np.ndarray, s: float) -> float:
    return float(jaccard2_loss(*jaccard2_sums(labels, p), s))


def test_two_voxels_by_hand(tensorflow) -> None:
    """Voxels of class 0 and 1 with p = (0.5, 0.5) and (0, 1).

    I = 0.5 + 1 = 1.5; U = (1 + 0.25 - 0.5) + (0 + 0.25 - 0) + (0) + (1 + 1 - 1) = 0.75 + 0.25 + 0 + 1 = 2.
    """
    labels = np.array([[0, 1]], np.uint8)
    p = tensorflow.constant([[[0.5, 0.5], [0.0, 1.0]]])
    intersection, union = jaccard2_sums(labels, p)
    assert float(intersection) == 1.5
    assert float(union) == 2.0
    assert float(jaccard2_loss(intersection, union, 0.0)) == pytest.approx(1 - 1.5 / 2)
    assert float(jaccard2_loss(intersection, union, 1.0)) == pytest.approx(1 - 2.5 / 3)


@pytest.mark.parametrize("smoothing", [0.0, 1.0])
def test_equals_the_definition(tensorflow, smoothing: float) -> None:
    """Random probabilities and labels, some of them ignored, in 3D."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), (2, 3, 4, 5))
    labels = rng.choice([0, 1, 2, 255], (2, 3, 4, 5)).astype(np.uint8)
    assert loss(labels, tensorflow.constant(p), smoothing) == pytest.approx(definition(labels, p, smoothing), abs=1e-12)


def test_certain_and_right_costs_nothing(tensorflow) -> None:
    """One-hot probabilities of the right classes have loss 0, of wrong ones 1 without smoothing."""
    labels = np.array([[[0, 1], [2, 1]]], np.uint8)
    right = tensorflow.one_hot(labels, 3)
    assert loss(labels, right, 0.0) == 0
    assert loss((labels + 1) % 3, right, 0.0) == 1


def test_sums_of_parts_add_up(tensorflow) -> None:
    """The sums of two crops are the sums of the batch of both, which is what replicas rely on."""
    rng = np.random.default_rng(1)
    p = tensorflow.constant(rng.dirichlet(np.ones(2), (2, 4, 4)))
    labels = rng.integers(0, 2, (2, 4, 4)).astype(np.uint8)
    whole = jaccard2_sums(labels, p)
    parts = [jaccard2_sums(labels[i : i + 1], p[i : i + 1]) for i in range(2)]
    for total, first, second in zip(whole, *parts, strict=True):
        assert float(total) == pytest.approx(float(first + second), abs=1e-12)


def test_ignored_voxels_have_no_gradient(tensorflow) -> None:
    """Probabilities of ignored voxels neither count nor learn; those of others do."""
    labels = np.array([[0, 255]], np.uint8)
    p = tensorflow.Variable([[[0.6, 0.4], [0.6, 0.4]]])
    with tensorflow.GradientTape() as tape:
        value = jaccard2_loss(*jaccard2_sums(labels, p), 1.0)
    gradient = tape.gradient(value, p).numpy()
    assert (gradient[0, 1] == 0).all()
    assert (gradient[0, 0] != 0).all()


@pytest.mark.parametrize("smoothing", [0.0, 1.0])
def test_nothing_annotated_gives_no_loss_and_finite_gradients(tensorflow, smoothing: float) -> None:
    """A batch whose voxels are all ignored costs 0, with gradient 0, also without smoothing."""
    p = tensorflow.Variable([[[0.6, 0.4]]])
    with tensorflow.GradientTape() as tape:
        value = jaccard2_loss(*jaccard2_sums(np.array([[255]], np.uint8), p), smoothing)
    assert float(value) == 0
    assert (tape.gradient(value, p).numpy() == 0).all()


def test_an_absent_class_keeps_gradients_finite(tensorflow) -> None:
    """A batch without one of the classes still learns."""
    p = tensorflow.Variable([[[0.2, 0.8, 0.0]]])
    with tensorflow.GradientTape() as tape:
        value = jaccard2_loss(*jaccard2_sums(np.array([[1]], np.uint8), p), 0.0)
    gradient = tape.gradient(value, p).numpy()
    assert np.isfinite(gradient).all()
    assert gradient[0, 0, 1] < 0  # more of the right class costs less


def test_a_diverged_network_has_no_finite_loss(tensorflow) -> None:
    """Probabilities that are not numbers must not look like a perfect answer."""
    p = tensorflow.constant([[[float("nan"), 0.4]]])
    assert np.isnan(loss(np.array([[0]], np.uint8), p, 1.0))
