"""What a step may do beyond the plain one: compute in parts or in half precision, and keep an average of the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.schema.optimization import AdamWConfig, SGDConfig
from seg_common.schema.unet import UNetConfig
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.batch_queue import Batch
from seg_train.losses.overlap import jaccard2
from seg_train.losses.right_class import cross_entropy
from seg_train.losses.voxel_loss import Loss, SumLoss
from seg_train.optimizers import build_optimizer
from seg_train.training_steps import TrainingSteps
from seg_train.weight_average import WeightAverage

if TYPE_CHECKING:
    from seg_common.schema.training import Precision

OVERLAP = SumLoss(
    ((1.0, jaccard2(2, "macro", smoothing=0.0)), (0.5, jaccard2(2, over="sample")), (0.5, cross_entropy()))
)


def make_steps(
    strategy,
    loss: Loss = OVERLAP,
    *,
    accumulate: int = 1,
    kept: float | None = None,
    precision: Precision = "float32",
    optimizer: AdamWConfig | SGDConfig | None = None,
    rank: int = 2,
    **modules: object,
) -> TrainingSteps:
    """A tiny network with the same weights every time; it moves by its gradient alone unless an optimizer is given."""
    import keras

    keras.utils.set_random_seed(3)
    config = optimizer or SGDConfig(momentum=0, clip_norm=None)
    unet = UNetConfig.model_validate({"depth": 1, "base_filters": 2, "residual": False, **modules})
    replicas = strategy.num_replicas_in_sync

    def build():
        network_input = NetworkInput(rank, 1, "uint8", 1 / 64, -2.0, 2)
        return build_unet(unet, network_input, synchronized=replicas > 1, precision=precision)

    with strategy.scope():
        network = build()
        made = build_optimizer(config, network, precision)
        average = None if kept is None else WeightAverage(build(), kept)
    return TrainingSteps(
        network, made, strategy, loss=loss, clip_norm=config.clip_norm, accumulate=accumulate, average=average
    )


def batch(seed: int = 0, rank: int = 2) -> Batch:
    """Four crops with a bright square of another size each, random voxel weights, and a row that is ignored."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((4, *[8] * rank), np.uint8)
    for crop, size in enumerate((2, 3, 6, 8)):
        labels[crop, ..., :size, :size] = 1
    images = (80 + 80 * labels[..., None] + rng.normal(0, 10, (*labels.shape, 1))).astype(np.uint8)
    labels[..., 0, :] = 255
    return Batch(images, labels, rng.random(labels.shape).astype(np.float32))


@pytest.fixture(scope="module")
def one_device(tensorflow):
    return tensorflow.distribute.OneDeviceStrategy("CPU:0")


@pytest.mark.parametrize("loss", [cross_entropy(), OVERLAP], ids=["cross_entropy", "overlap"])
def test_a_batch_in_parts_has_the_gradient_of_the_whole(one_device, loss: Loss) -> None:
    """Voxels are weighted unequally: a mean of the parts' gradients would be another one."""
    whole = make_steps(one_device, loss, normalisation="none")
    parts = make_steps(one_device, loss, normalisation="none", accumulate=2)
    for step in range(2):
        expected, counts = whole.train(batch(step), 0.5)
        found, counts_of_parts = parts.train(batch(step), 0.5)
        assert float(found) == pytest.approx(float(expected), rel=1e-6)
        assert (counts_of_parts.numpy() == counts.numpy()).all()
    for one, two in zip(whole.network.weights, parts.network.weights, strict=True):
        np.testing.assert_allclose(two.numpy(), one.numpy(), rtol=1e-6, atol=1e-6)


def test_parts_work_on_two_replicas_with_all_that_is_random(one_device, mirrored) -> None:
    """Without dropout, two replicas in two parts give the loss of the whole; with it, the network remembers one pass."""
    whole = make_steps(one_device, normalisation="none")
    parts = make_steps(mirrored, normalisation="none", accumulate=2)
    expected = [float(whole.train(batch(step), 0.5)[0]) for step in range(3)]
    assert [float(parts.train(batch(step), 0.5)[0]) for step in range(3)] == pytest.approx(expected, rel=1e-5)


def test_a_part_is_seen_twice_with_the_same_dropout(one_device) -> None:
    """The sums of the first pass are those of the second, and what the network remembers moves once."""
    import tensorflow as tf

    steps = make_steps(one_device, accumulate=2, dropout=0.5, gaussian_noise=0.3)
    seen: list[list[np.ndarray]] = [[], []]
    measure, add = steps._in_parts._measure, steps._in_parts._add

    def measured(*arguments):
        sums, state = measure(*arguments)
        seen[0].append(sums.numpy())
        return sums, state

    def added(*arguments):
        gradients, sums, counts = add(*arguments)
        seen[1].append(sums.numpy())
        return gradients, sums, counts

    steps._in_parts._measure, steps._in_parts._add = measured, added
    for step in range(2):
        steps.train(batch(step), 0.5)
    first, second = map(np.array, seen)
    assert len(first) == len(second) == 4
    np.testing.assert_allclose(first, second, rtol=1e-6)
    assert np.ptp(first, axis=0).max() > 0
    means = [variable for variable in steps.network.variables if variable.path.endswith("/moving_mean")]
    assert means
    assert all(tf.reduce_any(mean.value != 0) for mean in means)


def test_the_average_follows_the_weights(one_device) -> None:
    """After step n it keeps min(0.2, n/(n + 9)) of itself: 0, 1/10, 2/11, then 0.2; validation looks at the average only."""
    steps = make_steps(one_device, kept=0.2)
    expected = None
    for kept in (0, 1 / 10, 2 / 11, 0.2, 0.2):
        steps.train(batch(), 0.5)
        weights = [variable.numpy() for variable in steps.network.weights]
        expected = (
            weights
            if expected is None
            else [kept * mean + (1 - kept) * weight for mean, weight in zip(expected, weights, strict=True)]
        )
    averaged = [variable.numpy() for variable in steps.validated_network.weights]
    for mean, wanted in zip(averaged, expected, strict=True):
        np.testing.assert_allclose(mean, wanted, rtol=1e-5, atol=1e-6)
    assert len(steps.variables()) > len(steps.network.variables) + len(averaged)
    before = steps.validate(batch())[0].numpy(), steps.predict(batch().images)
    for variable in steps.network.weights:
        variable.assign(variable.numpy() + 1)
    after = steps.validate(batch())[0].numpy(), steps.predict(batch().images)
    assert (before[0] == after[0]).all()
    assert (before[1] == after[1]).all()


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_learns_with_float32_weights(one_device, mirrored, precision: Precision) -> None:
    """The loss falls, and weights, probabilities and sums stay float32; with float16 on two replicas, averaged and in parts."""
    options = {} if precision == "bfloat16" else {"kept": 0.5, "accumulate": 2}
    strategy = mirrored if options else one_device
    steps = make_steps(strategy, precision=precision, optimizer=AdamWConfig(), down="pooled", **options)
    losses = [float(steps.train(batch(), 0.02)[0]) for _ in range(8)]
    assert losses[-1] < losses[0] - 0.1
    assert {variable.dtype for variable in steps.network.weights} == {"float32"}
    assert {layer.compute_dtype for layer in steps.network.layers if "conv" in layer.name} == {precision}
    assert steps.validate(batch())[0].dtype == "float32"


def test_a_step_that_overflows_moves_nothing_and_halves_the_scale(one_device) -> None:
    """float16 ends at 65504: with a scale of 2^30 gradients are not finite, and the weights wait until they are."""
    steps = make_steps(one_device, precision="float16", optimizer=AdamWConfig(), kept=0.5)
    (scale,) = (v for v in steps.optimizer.variables if v.path.endswith("dynamic_scale"))
    scale.assign(2.0**30)
    before = [variable.numpy() for variable in steps.network.trainable_variables]
    loss, _ = steps.train(batch(), 0.01)
    assert np.isfinite(float(loss))
    assert scale.numpy() == 2.0**29
    after = [variable.numpy() for variable in steps.network.trainable_variables]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    for _ in range(40):
        steps.train(batch(), 0.01)
        assert all(np.isfinite(variable.numpy()).all() for variable in steps.validated_network.weights)
    assert 1 <= scale.numpy() < 2.0**29
    moved = [variable.numpy() for variable in steps.network.trainable_variables]
    assert not all((a == b).all() for a, b in zip(before, moved, strict=True))


def test_clipping_means_the_gradient_and_not_the_scaled_one(one_device) -> None:
    """With float16 the loss is scaled by 2^15; weights move by the clipped norm all the same."""
    steps = make_steps(
        one_device, precision="float16", optimizer=SGDConfig(momentum=0, clip_norm=1e-3), normalisation="none"
    )
    before = [variable.numpy() for variable in steps.network.trainable_variables]
    steps.train(batch(), 1.0)
    after = [variable.numpy() for variable in steps.network.trainable_variables]
    moved = np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(before, after, strict=True)))
    assert moved == pytest.approx(1e-3, rel=1e-2)


def test_half_precision_in_3d_runs_on_processors(one_device) -> None:
    """TensorFlow pools float16 volumes on GPUs only: a network that was trained there must answer here."""
    steps = make_steps(one_device, precision="float16", rank=3, down="pooled", convolution="separable")
    assert steps.predict(batch(rank=3).images).shape == (4, 8, 8, 8, 2)
