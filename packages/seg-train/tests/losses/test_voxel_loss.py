"""What holds for every loss: weights, ignored voxels, sums of parts, precision, gradients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_train.losses.overlap import dice, jaccard2
from seg_train.losses.right_class import cross_entropy, focal
from seg_train.losses.voxel_loss import SumLoss

LOSSES = {
    "jaccard2 flat": jaccard2(3),
    "jaccard2 macro": jaccard2(3, "macro"),
    "jaccard2 single": jaccard2(3, "single", class_index=2),
    "jaccard2 macro, s = 0": jaccard2(3, "macro", smoothing=0.0),
    "jaccard2 macro over samples": jaccard2(3, "macro", over="sample"),
    "dice over samples": dice(3, over="sample"),
    "cross-entropy": cross_entropy(),
    "focal over samples": focal(2.0, "sample"),
    "sum": SumLoss(((0.5, jaccard2(3, "macro")), (2.0, cross_entropy("sample")))),
}
SCALE_FREE = ("jaccard2 macro, s = 0", "cross-entropy", "focal over samples")
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
any_seed = given(seed=st.integers(0, 2**32))


def batch(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three crops of 3 by 4 voxels: labels, probabilities, weights; each crop has an annotated voxel."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 1, 2, 255], (3, 3, 4)).astype(np.uint8)
    labels[:, 0, 0] = rng.integers(0, 3, 3)
    return labels, rng.dirichlet(np.ones(3), labels.shape), rng.random(labels.shape) * 4 + 0.01


@every_loss
@settings(max_examples=10)
@any_seed
def test_weights_of_1_change_nothing(tensorflow, loss, seed) -> None:
    """Bit for bit: weights are a factor."""
    labels, p, _ = batch(seed)
    assert float(loss(labels, p, np.ones(labels.shape))) == float(loss(labels, p))


@pytest.mark.parametrize("name", SCALE_FREE)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), scale=st.floats(0.01, 100))
def test_a_scaling_of_the_weights_changes_nothing(tensorflow, name, seed, scale) -> None:
    """Without smoothing, only proportions count."""
    labels, p, w = batch(seed)
    loss = LOSSES[name]
    assert float(loss(labels, p, scale * w)) == pytest.approx(float(loss(labels, p, w)), rel=1e-9)


@every_loss
@settings(max_examples=10)
@any_seed
def test_ignored_voxels_change_nothing(tensorflow, loss, seed) -> None:
    """Neither their probabilities, nor their weights, nor crops of nothing else; weight 0 is the same as ignored."""
    labels, p, w = batch(seed)
    value = float(loss(labels, p, w))
    ignored = labels == 255
    rng = np.random.default_rng(seed + 1)
    other = np.where(ignored[..., None], rng.dirichlet(np.ones(3), labels.shape), p)
    assert float(loss(labels, other, np.where(ignored, 7.0, w))) == value
    assert float(loss(np.where(ignored, 1, labels), other, np.where(ignored, 0.0, w))) == pytest.approx(
        value, abs=1e-12
    )
    longer = [np.concatenate([array, array[:1]]) for array in (labels, p, w)]
    longer[0][-1] = 255
    assert float(loss(*longer)) == pytest.approx(value, abs=1e-12)


@every_loss
def test_sums_of_parts_add_up(tensorflow, loss) -> None:
    """The sums of single crops are the sums of the batch, which is what replicas and validation rely on."""
    arrays = batch(1)
    parts = [loss.sums(*(array[i : i + 1] for array in arrays)).numpy() for i in range(3)]
    assert parts[0].shape == (loss.size,)
    assert float(loss.of_sums(sum(parts))) == pytest.approx(float(loss(*arrays)), abs=1e-12)


@every_loss
def test_nothing_annotated_costs_nothing(tensorflow, loss) -> None:
    """A batch whose voxels are all ignored, or all without weight, costs 0 with gradient 0."""
    p = tensorflow.Variable([[[0.6, 0.3, 0.1]], [[0.0, 0.0, 1.0]]])
    for labels, weights in (([[255], [255]], None), ([[0], [1]], [[0.0], [0.0]])):
        with tensorflow.GradientTape() as tape:
            value = loss(np.array(labels, np.uint8), p, weights)
        assert float(value) == 0
        assert (tape.gradient(value, p).numpy() == 0).all()


@every_loss
def test_gradients_are_numerical_gradients(tensorflow, loss) -> None:
    """Central differences of every probability, in float64."""
    labels, p, w = batch(2)
    variable = tensorflow.Variable(p)
    with tensorflow.GradientTape() as tape:
        value = loss(labels, variable, w)
    gradient = tape.gradient(value, variable).numpy()
    step = 1e-6
    for index in np.ndindex(1, *p.shape[1:]):
        lower, upper = p.copy(), p.copy()
        lower[index] -= step
        upper[index] += step
        slope = (float(loss(labels, upper, w)) - float(loss(labels, lower, w))) / (2 * step)
        assert gradient[index] == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@every_loss
def test_half_precision_is_summed_in_float32(tensorflow, loss, dtype: str) -> None:
    """100 000 voxels are beyond both types: the loss is that of the rounded probabilities, and gradients are finite."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (1, 100_000)).astype(np.uint8)
    p = tensorflow.cast(rng.dirichlet(np.ones(3), labels.shape), dtype)
    with tensorflow.GradientTape() as tape:
        tape.watch(p)
        value = loss(labels, p)
    assert value.dtype == "float32"
    exact = float(loss(labels, tensorflow.cast(p, "float64")))
    assert float(value) == pytest.approx(exact, rel=1e-4)
    assert np.isfinite(tensorflow.cast(tape.gradient(value, p), "float32").numpy()).all()
