"""Train a tiny network twenty steps under strategies, and write down losses, counts, gradients and weights.

``compared_training.py FOLDER STRATEGY…``; multi_worker reads TF_CONFIG and comes alone. Each run is in float64; one more step is
in float32.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from seg_common.schema.training import StrategyConfig
from seg_common.schema.unet import UNetConfig
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.batch_queue import Batch
from seg_train.losses.overlap import jaccard2
from seg_train.losses.right_class import cross_entropy
from seg_train.losses.voxel_loss import SumLoss
from seg_train.quiet_tensorflow import import_tensorflow
from seg_train.strategies import build_strategy
from seg_train.strategies.cluster import cluster_from_environment
from seg_train.training_steps import TrainingSteps

CASES = {"batch": ("batch", 1), "group": ("group", 1), "parts": ("group", 2)}
"""Normalisation, and the parts of a step that are computed one after the other."""
CASES_OF = {
    "one_device": ("batch", "group"),
    "mirrored": ("batch", "parts"),
    "multi_worker": ("batch", "parts"),
    "central_storage": ("group", "parts"),
}
"""What each strategy trains: batch normalisation, synchronized, wherever it can."""
STEPS = 20
MOMENTUM = 0.5
LEARNING_RATE = 0.1


def batch(seed: int) -> Batch:
    """Halves that are unlike each other, in their classes and in their weights; one row is ignored."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((4, 8, 8), np.uint8)
    labels[:2, 2:4, 2:4] = 1
    labels[2:, 1:7, 1:7] = 1
    images = (80 + 80 * labels[..., None] + rng.normal(0, 10, (4, 8, 8, 1))).astype(np.uint8)
    labels[:, 0] = 255
    weights = rng.random(labels.shape).astype(np.float32)
    weights[:2] *= 8
    return Batch(images, labels, weights)


def train(strategy, case: str, dtype: str, steps: int) -> dict[str, np.ndarray]:
    """Everything that has to agree, by name."""
    import keras

    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    keras.utils.set_random_seed(3)
    normalisation, accumulate = CASES[case]
    loss = SumLoss(((1.0, jaccard2(2, "macro")), (1.0, jaccard2(2, over="sample")), (0.5, cross_entropy())))
    with strategy.scope():
        network = build_unet(
            UNetConfig(depth=1, base_filters=2, convolutions=1, normalisation=normalisation, group_size=2),
            NetworkInput(2, 1, "uint8", 1 / 64, -2.0, 2),
            synchronized=strategy.num_replicas_in_sync > 1,
        )
        optimizer = keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM)
        optimizer.build(network.trainable_variables)
    training = TrainingSteps(network, optimizer, strategy, loss=loss, clip_norm=1.0, accumulate=accumulate)
    assert network.output.dtype == dtype
    losses, counts, gradients = [], [], []
    velocities = [0.0 for _ in network.trainable_variables]
    for step in range(steps):
        value, confusion = training.train(batch(step), LEARNING_RATE)
        losses.append(float(value))
        counts.append(confusion.numpy())
        # The optimizer keeps v = MOMENTUM · v_before - LEARNING_RATE · gradient.
        before, velocities = velocities, [v.numpy() for v in optimizer.variables if "momentum" in v.path]
        gradients = [(MOMENTUM * old - new) / LEARNING_RATE for old, new in zip(before, velocities, strict=True)]
    sums, validated = training.validate(batch(99))
    found = {
        "losses": np.array(losses),
        "counts": np.array(counts),
        "sums": sums.numpy(),
        "validated": validated.numpy(),
    }
    found |= {f"gradient_{index:02d}": gradient for index, gradient in enumerate(gradients)}
    return found | {f"weight_{index:02d}": variable.numpy() for index, variable in enumerate(network.weights)}


def main(folder: str, *kinds: str) -> None:
    import_tensorflow(deterministic=True, seed=3)
    import tensorflow as tf

    cluster = cluster_from_environment()
    if cluster.workers == 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    for kind in kinds:
        devices = {"one_device": ["CPU:0"], "multi_worker": []}.get(kind, ["CPU:0", "CPU:1"])
        strategy = build_strategy(StrategyConfig(kind=kind, devices=devices), cluster)
        for case in CASES_OF[kind]:
            for dtype, steps in (("float64", STEPS), ("float32", 1)):
                name = f"{kind}_{cluster.index}_{case}_{dtype}.npz"
                np.savez(Path(folder, name), **train(strategy, case, dtype, steps))


if __name__ == "__main__":
    main(*sys.argv[1:])
