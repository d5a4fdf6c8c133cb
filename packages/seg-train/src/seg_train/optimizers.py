"""How the weights follow the gradients: the optimizer that a configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.schema.optimization import SGDConfig

if TYPE_CHECKING:
    import keras

    from seg_common.schema.optimization import OptimizerConfig
    from seg_common.schema.training import Precision


def build_optimizer(config: OptimizerConfig, network: keras.Model, precision: Precision = "float32") -> keras.Optimizer:
    """Make the optimizer with all its variables, in the scope of the network's strategy.

    Biases and the scales and shifts of normalisation are not decayed. Gradients come to it clipped, and every step sets its
    learning rate. With float16 it is given gradients of a scaled loss: the scale doubles after 2000 good steps, and halves
    when a gradient is not finite; such a step moves nothing.
    """
    import keras

    decay = config.weight_decay
    if isinstance(config, SGDConfig):
        optimizer = keras.optimizers.SGD(momentum=config.momentum, nesterov=config.nesterov, weight_decay=decay or None)
    else:
        optimizer = keras.optimizers.AdamW(weight_decay=decay)
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if precision == "float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(network.trainable_variables)
    return optimizer
