"""The Keras loss, as users of `fit` meet it."""

from __future__ import annotations

import numpy as np
import pytest

from seg_train.losses.overlap import jaccard2
from seg_train.losses.right_class import cross_entropy


@pytest.fixture(scope="module")
def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels with ignored voxels, probabilities, weights."""
    rng = np.random.default_rng(0)
    labels = rng.choice([0, 1, 2, 255], (4, 5, 6)).astype(np.uint8)
    return (
        labels,
        rng.dirichlet(np.ones(3), labels.shape).astype(np.float32),
        rng.random(labels.shape).astype("float32"),
    )


@pytest.mark.parametrize("loss", [jaccard2(3), jaccard2(3, "macro", over="sample"), cross_entropy()])
def test_weights_go_into_the_sums(tensorflow, arrays, loss) -> None:
    """With labels of either rank, and with one weight for each crop."""
    from seg_train.losses.keras_loss import KerasLoss

    labels, p, weights = arrays
    keras_loss = KerasLoss(loss)
    assert float(keras_loss(labels, p)) == pytest.approx(float(loss(labels, p)), rel=1e-6)
    expected = pytest.approx(float(loss(labels, p, weights)), rel=1e-6)
    assert float(keras_loss(labels, p, sample_weight=weights)) == expected
    assert float(keras_loss(labels[..., None], p, sample_weight=weights[..., None])) == expected
    per_crop = np.array([1, 0, 2, 0.5], np.float32)
    spread = np.broadcast_to(per_crop[:, None, None], labels.shape)
    assert float(keras_loss(labels, p, sample_weight=per_crop)) == pytest.approx(
        float(loss(labels, p, spread)), rel=1e-6
    )


def test_fit_reports_the_weighted_loss(tensorflow, arrays) -> None:
    """`evaluate` of a compiled network gives the pure function's number."""
    import keras

    from seg_train.losses.keras_loss import KerasLoss

    labels, _, weights = arrays
    images = np.random.default_rng(1).random((4, 5, 6, 1), np.float32)
    network = keras.Sequential([keras.Input((5, 6, 1)), keras.layers.Conv2D(3, 1, activation="softmax")])
    network.compile("sgd", KerasLoss(jaccard2(3, "macro")))
    loss = network.evaluate(images, labels, sample_weight=weights, batch_size=4, verbose=0)
    assert loss == pytest.approx(float(jaccard2(3, "macro")(labels, network(images), weights)), rel=1e-5)
