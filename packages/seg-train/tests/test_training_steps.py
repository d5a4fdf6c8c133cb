"""Compiled steps: they learn, they validate without learning, and replicas compute what one device does."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.schema.optimization import AdamWConfig
from seg_common.schema.unet import UNetConfig
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.batch_queue import Batch
from seg_train.losses.overlap import jaccard2
from seg_train.losses.right_class import cross_entropy
from seg_train.losses.voxel_loss import Loss, SumLoss
from seg_train.optimizers import build_optimizer
from seg_train.training_steps import TrainingSteps


def make_steps(
    tensorflow, strategy, *, clip_norm: float | None = 1.0, loss: Loss | None = None, **modules: object
) -> TrainingSteps:
    """A tiny network with the same weights every time."""
    import keras

    keras.utils.set_random_seed(3)
    settings = {"depth": 1, "base_filters": 2, **modules}
    with strategy.scope():
        network_input = NetworkInput(2, 1, "uint8", 1 / 64, -2.0, 2)
        network = build_unet(UNetConfig(**settings), network_input, synchronized=strategy.num_replicas_in_sync > 1)
        optimizer = build_optimizer(AdamWConfig(), network)
    return TrainingSteps(network, optimizer, strategy, loss=loss or jaccard2(2), clip_norm=clip_norm)


def batch(seed: int = 0) -> Batch:
    """Bright squares of class 1; one row is ignored, and the second half holds more of class 1 than the first."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((4, 16, 16), np.uint8)
    labels[:2, 4:8, 4:8] = 1
    labels[2:, 2:14, 2:14] = 1
    images = (80 + 80 * labels[..., None] + rng.normal(0, 10, (4, 16, 16, 1))).astype(np.uint8)
    labels[:, 0] = 255
    return Batch(images, labels)


def one_device(tensorflow):
    return tensorflow.distribute.OneDeviceStrategy("CPU:0")


def test_steps_lower_the_loss(tensorflow) -> None:
    """Twenty steps on one batch lower its loss, and counts cover every annotated voxel."""
    steps = make_steps(tensorflow, one_device(tensorflow))
    losses = []
    for _ in range(20):
        loss, confusion = steps.train(batch(), 0.01)
        losses.append(float(loss))
    assert losses[-1] < 0.5 * losses[0]
    assert int(confusion.numpy().sum()) == 4 * 15 * 16


def test_validation_changes_nothing(tensorflow) -> None:
    """A validation step leaves every variable as it is, and its sums give the loss."""
    steps = make_steps(tensorflow, one_device(tensorflow), dropout=0.3, gaussian_noise=0.5)
    before = [variable.numpy() for variable in steps.variables()]
    sums, confusion = steps.validate(batch())
    after = [variable.numpy() for variable in steps.variables()]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    assert 0 < float(jaccard2(2).of_sums(sums)) < 1
    assert int(confusion.numpy().sum()) == 4 * 15 * 16


@pytest.mark.parametrize("normalisation", ["batch", "none"])
def test_two_replicas_compute_what_one_device_does(tensorflow, mirrored, normalisation: str) -> None:
    """Loss, counts and weights agree after five steps, though the halves of the batch are unlike each other."""
    alone = make_steps(tensorflow, one_device(tensorflow), normalisation=normalisation)
    together = make_steps(tensorflow, mirrored, normalisation=normalisation)
    for step in range(5):
        loss_alone, counts_alone = alone.train(batch(step), 0.001)
        loss_together, counts_together = together.train(batch(step), 0.001)
        assert float(loss_together) == pytest.approx(float(loss_alone), rel=1e-4)
        assert counts_together.numpy().sum() == counts_alone.numpy().sum()
    for one, two in zip(alone.network.weights, together.network.weights, strict=True):
        np.testing.assert_allclose(two.numpy(), one.numpy(), rtol=5e-3, atol=2e-4)


def test_first_gradients_of_two_replicas(tensorflow, mirrored) -> None:
    """The first step's loss agrees to 1e-5, and plain weights move by the clipped gradient of the whole batch."""
    losses = [
        float(make_steps(tensorflow, strategy, clip_norm=1e-3).train(batch(), 0.1)[0])
        for strategy in (one_device(tensorflow), mirrored)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_weighted_losses_have_the_gradients_of_one_device(tensorflow, mirrored) -> None:
    """Halves of a batch differ in their weights, and one crop has none: losses, sums and gradients are those of the whole."""
    loss = SumLoss(
        ((1.0, jaccard2(2, "macro", smoothing=0.0)), (1.0, jaccard2(2, over="sample")), (0.5, cross_entropy()))
    )
    weighted = batch()
    weights = np.random.default_rng(1).random(weighted.labels.shape).astype(np.float32)
    weights[:2] *= 8
    weights[3] = 0
    weighted = weighted._replace(weights=weights)
    found = []
    for strategy in (one_device(tensorflow), mirrored):
        steps = make_steps(tensorflow, strategy, loss=loss, clip_norm=None)
        sums, _ = steps.validate(weighted)
        value, _ = steps.train(weighted, 0.01)
        # After one step, Adam's first moments are the gradients, times 1 - 0.9.
        moments = [v.numpy() for v in steps.optimizer.variables if "momentum" in v.path]
        found.append((float(value), sums.numpy(), moments))
    (loss_alone, sums_alone, alone), (loss_together, sums_together, together) = found
    assert loss_together == pytest.approx(loss_alone, rel=1e-5)
    np.testing.assert_allclose(sums_together, sums_alone, rtol=1e-5)
    largest = max(np.abs(moment).max() for moment in alone)
    for one, two in zip(alone, together, strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5 * largest)


def test_dropout_and_noise_work_on_two_replicas(tensorflow, mirrored) -> None:
    """Layers with a random state train under the mirrored strategy, too."""
    steps = make_steps(tensorflow, mirrored, dropout=0.2, gaussian_noise=0.1)
    losses = [float(steps.train(batch(), 0.01)[0]) for _ in range(10)]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_the_same_seed_gives_the_same_bits(tensorflow) -> None:
    """Two runs with dropout and noise have equal weights, bit for bit."""
    runs = []
    for _ in range(2):
        steps = make_steps(tensorflow, one_device(tensorflow), dropout=0.2, gaussian_noise=0.1)
        for step in range(3):
            steps.train(batch(step), 0.01)
        runs.append([variable.numpy() for variable in steps.variables()])
    assert all((a == b).all() for a, b in zip(*runs, strict=True))


def test_gradients_are_clipped_together(tensorflow) -> None:
    """With a norm of almost 0 Adam's first moments are almost 0; they are not without clipping."""
    clipped = make_steps(tensorflow, one_device(tensorflow), clip_norm=1e-6)
    free = make_steps(tensorflow, one_device(tensorflow), clip_norm=None)
    norms = []
    for steps in (clipped, free):
        steps.train(batch(), 0.001)
        moments = [v.numpy() for v in steps.optimizer.variables if "momentum" in v.path]
        norms.append(np.sqrt(sum((m**2).sum() for m in moments)))
    assert norms[0] == pytest.approx(1e-6 * 0.1, rel=1e-3)  # the first moment starts at (1 - 0.9) of the gradient
    assert norms[1] > 100 * norms[0]
