"""jaccard2 and Dice against hand-computed values, a definition in numpy and their own promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_train.losses.overlap import dice, jaccard2

CLASSES = 3
FORMS = [("flat", None), ("macro", None), ("single", 1)]
every_form = pytest.mark.parametrize(("form", "class_index"), FORMS)


def definition(labels, p, w, *, factor=1, form="flat", class_index=None, over="batch", s=1.0) -> float:
    """The formulas, written down in numpy voxel set by voxel set."""
    if over == "sample":
        crops = [
            definition(
                labels[i : i + 1], p[i : i + 1], w[i : i + 1], factor=factor, form=form, class_index=class_index, s=s
            )
            for i in range(len(labels))
            if (w[i] * (labels[i] < CLASSES)).sum() > 0
        ]
        return float(np.mean(crops)) if crops else 0.0
    y = np.stack([labels == c for c in range(CLASSES)], axis=-1).astype(float)
    w = (w * (labels < CLASSES))[..., None]
    sets = {"flat": [range(CLASSES)], "macro": [[c] for c in range(CLASSES)], "single": [[class_index]]}[form]
    losses = []
    for classes in sets:
        q, t = p[..., list(classes)], y[..., list(classes)]
        intersection, squares = (w * t * q).sum(), (w * (t + q**2)).sum()
        denominator = squares - (2 - factor) * intersection + s
        if denominator > 0:
            losses.append(1 - (factor * intersection + s) / denominator)
    return float(np.mean(losses)) if losses else 0.0


def batch(seed: int, *, ignored: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two crops of 2 by 3 by 4 voxels: labels, probabilities, weights."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 1, 2, 255] if ignored else [0, 1, 2], (2, 2, 3, 4)).astype(np.uint8)
    return labels, rng.dirichlet(np.ones(CLASSES), labels.shape), rng.random(labels.shape) * 4


def test_two_voxels_by_hand(tensorflow) -> None:
    """Voxels of class 0 and 1 with p = (0.5, 0.5) and (0, 1), weights 1.

    Class 0: I = 0.5, Q = 1 + 0.25 = 1.25, U = 0.75. Class 1: I = 1, Q = 0.25 + 2 = 2.25, U = 1.25. Together I = 1.5, Q = 3.5,
    U = 2.
    """
    labels = np.array([[0, 1]], np.uint8)
    p = tensorflow.constant([[[0.5, 0.5], [0.0, 1.0]]])
    assert float(jaccard2(2, smoothing=0)(labels, p)) == pytest.approx(1 - 1.5 / 2)
    assert float(jaccard2(2)(labels, p)) == pytest.approx(1 - 2.5 / 3)
    assert float(jaccard2(2, "macro", smoothing=0)(labels, p)) == pytest.approx(1 - (0.5 / 0.75 + 1 / 1.25) / 2)
    assert float(jaccard2(2, "single", class_index=1)(labels, p)) == pytest.approx(1 - 2 / 2.25)
    assert float(dice(2, smoothing=0)(labels, p)) == pytest.approx(1 - 3 / 3.5)
    assert float(dice(2, "macro")(labels, p)) == pytest.approx(1 - (2 / 2.25 + 3 / 3.25) / 2)


def test_weights_by_hand(tensorflow) -> None:
    """The same voxels with weights 2 and 3: I = 2·0.5 + 3·1 = 4, U = 2·(0.75 + 0.25) + 3·1 = 5."""
    labels = np.array([[0, 1]], np.uint8)
    p = tensorflow.constant([[[0.5, 0.5], [0.0, 1.0]]])
    weights = np.array([[2.0, 3.0]])
    assert float(jaccard2(2, smoothing=0)(labels, p, weights)) == pytest.approx(1 - 4 / 5)
    assert float(jaccard2(2)(labels, p, weights)) == pytest.approx(1 - 5 / 6)


@pytest.mark.parametrize("over", ["batch", "sample"])
@pytest.mark.parametrize(("make", "factor"), [(jaccard2, 1), (dice, 2)])
@every_form
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), s=st.sampled_from([0.0, 1.0, 0.3]))
def test_equals_the_definition(tensorflow, form, class_index, make, factor, over, seed, s) -> None:
    """Random probabilities, weights and labels, some of them ignored, in 3D."""
    labels, p, w = batch(seed)
    loss = make(CLASSES, form, class_index=class_index, over=over, smoothing=s)
    expected = definition(labels, p, w, factor=factor, form=form, class_index=class_index, over=over, s=s)
    assert float(loss(labels, tensorflow.constant(p), w)) == pytest.approx(expected, abs=1e-12)


def test_dice_follows_from_jaccard2(tensorflow) -> None:
    """Without smoothing they say the same: D = 2·J / (1 + J)."""
    labels, p, w = batch(3)
    jaccard = 1 - float(jaccard2(CLASSES, smoothing=0)(labels, p, w))
    assert 1 - float(dice(CLASSES, smoothing=0)(labels, p, w)) == pytest.approx(2 * jaccard / (1 + jaccard), abs=1e-12)


def test_certain_and_right_costs_nothing(tensorflow) -> None:
    """One-hot probabilities of the right classes have loss 0, of wrong ones 1 without smoothing."""
    labels = np.array([[[0, 1], [2, 1]]], np.uint8)
    right = tensorflow.one_hot(labels, 3)
    for make in (jaccard2, dice):
        for form in ("flat", "macro"):
            assert float(make(3, form, smoothing=0)(labels, right)) == 0
            assert float(make(3, form, smoothing=0)((labels + 1) % 3, right)) == 1


@every_form
@pytest.mark.parametrize("smoothing", [0.0, 1.0])
def test_an_absent_class_keeps_gradients_finite(tensorflow, form, class_index, smoothing: float) -> None:
    """A batch with one class out of three, where no other is thought possible, still learns or stays where it is."""
    p = tensorflow.Variable([[[0.8, 0.0, 0.2], [1.0, 0.0, 0.0]]])
    with tensorflow.GradientTape() as tape:
        value = jaccard2(3, form, class_index=class_index, smoothing=smoothing)(np.zeros((1, 2), np.uint8), p)
    gradient = tape.gradient(value, p).numpy()
    assert np.isfinite(gradient).all()
    assert np.isfinite(float(value))
    if form != "single":
        assert gradient[0, 0, 0] < 0  # more of the right class costs less


def test_an_empty_union_is_left_out_without_smoothing(tensorflow) -> None:
    """Class 2 is neither there nor thought possible: the mean is that of the other two. With s = 1 it counts with loss 0."""
    labels = np.array([[0, 1]], np.uint8)
    p = tensorflow.constant([[[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]])
    two = (1 - 0.5 / 0.75) + (1 - 1 / 1.25)
    assert float(jaccard2(3, "macro", smoothing=0)(labels, p)) == pytest.approx(two / 2)
    smooth = (1 - 1.5 / 1.75) + (1 - 2 / 2.25)
    assert float(jaccard2(3, "macro")(labels, p)) == pytest.approx(smooth / 3)


@pytest.mark.parametrize("over", ["batch", "sample"])
def test_a_diverged_network_has_no_finite_loss(tensorflow, over) -> None:
    """Probabilities that are not numbers must not look like a perfect answer."""
    p = tensorflow.constant([[[float("nan"), 0.4]]])
    for form in ("flat", "macro"):
        assert np.isnan(float(jaccard2(2, form, over=over)(np.array([[0]], np.uint8), p)))
