"""Optimizers move the weights as their formulas say."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from seg_common.schema.optimization import AdamWConfig, SGDConfig
from seg_common.schema.training import TrainingConfig
from seg_train.optimizers import build_optimizer


class TwoWeights:
    """A kernel and a bias, which is all that an optimizer asks of a network."""

    def __init__(self) -> None:
        import keras

        layer = keras.layers.Dense(1)
        layer.build((None, 1))
        layer.set_weights([np.array([[2.0]], np.float32), np.array([2.0], np.float32)])
        self.trainable_variables = layer.trainable_variables

    def after(self, config: AdamWConfig | SGDConfig, gradients: list[float]) -> tuple[float, float]:
        """Kernel and bias after steps with a learning rate of 0.5; both have the same gradient."""
        optimizer = build_optimizer(config, self)
        optimizer.learning_rate = 0.5
        kernel, bias = self.trainable_variables
        for gradient in gradients:
            optimizer.apply(
                [np.full((1, 1), gradient, np.float32), np.full((1,), gradient, np.float32)], [kernel, bias]
            )
        return float(kernel.numpy()[0, 0]), float(bias.numpy()[0])


@pytest.mark.parametrize(
    ("settings", "gradients", "kernel"),
    [
        ({"momentum": 0.0}, [1.0, 1.0], 2 - 0.5 - 0.5),
        ({"momentum": 0.5}, [1.0, 1.0], 2 - 0.5 - (0.25 + 0.5)),  # the second step repeats half of the first
        ({"momentum": 0.5, "nesterov": True}, [1.0], 2 - (0.25 + 0.5)),
    ],
)
def test_steepest_descent(tensorflow, settings: dict[str, object], gradients: list[float], kernel: float) -> None:
    """By hand: a step is -0.5 times the gradient, plus the share of the last step that momentum repeats."""
    assert TwoWeights().after(SGDConfig(**settings), gradients) == pytest.approx((kernel, kernel))


@pytest.mark.parametrize("config", [SGDConfig(weight_decay=0.1), AdamWConfig(weight_decay=0.1)])
def test_kernels_are_decayed_and_biases_are_not(tensorflow, config: AdamWConfig | SGDConfig) -> None:
    """Without a gradient the kernel of 2 loses 0.5 · 0.1 of itself."""
    assert TwoWeights().after(config, [0.0]) == pytest.approx((2 - 0.1, 2.0))


def test_an_optimizer_without_a_kind_is_adamw() -> None:
    """Configurations from before there were others stay valid; keys of the wrong kind are refused."""
    assert TrainingConfig.model_validate(
        {"volume": "scan", "optimizer": {"weight_decay": 0.0}}
    ).optimizer == AdamWConfig(weight_decay=0.0)
    with pytest.raises(ValidationError, match="momentum"):
        TrainingConfig.model_validate({"volume": "scan", "optimizer": {"momentum": 0.9}})
    with pytest.raises(ValidationError, match="nesterov needs a momentum above 0"):
        SGDConfig(momentum=0, nesterov=True)
