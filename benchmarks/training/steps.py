"""Row F of docs/performance.md: steps per second of `seg-train run`, of the bare compiled step, and of Keras' `fit`.

    python steps.py 2D --epochs 6 --steps 20 --out results/steps.csv

All three train the same network on crops of the same volume in one process, in turns: after each epoch of the run, as many bare steps
and as many steps of `fit`. The first round compiles and is left out. Figures of the run are those of its `timing.csv`: training without
validation, with everything that happens between two steps. The bare step has one batch, which is on the device already.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.geometry.box import Box
from seg_common.model_paths import ModelPaths
from seg_common.schema.training import TrainingConfig
from seg_common.schema.volume import ArraySource, ClassInfo, LabelSource, VolumeDocument
from seg_common.yaml_documents import write_document
from seg_data import make_phantom
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.losses.overlap import jaccard2
from seg_train.optimizers import build_optimizer
from seg_train.quiet_tensorflow import import_tensorflow
from seg_train.run import run_training

if TYPE_CHECKING:
    from collections.abc import Callable

TASKS = {
    "2D": {"shape": (1, 224, 224), "batch": 8, "filters": 16},
    "2D-small": {"shape": (1, 128, 128), "batch": 8, "filters": 8},
    "3D": {"shape": (64, 64, 64), "batch": 1, "filters": 16},
    "3D-96": {"shape": (96, 96, 96), "batch": 1, "filters": 16},
}
SLICES, SIDE = 40, 256
"""The volume has at least so many slices, of so many rows and columns."""
CLASSES = [ClassInfo(name=n, color=c) for n, c in (("matrix", "#4c566a"), ("fibre", "#e69f00"), ("pore", "#56b4e9"))]


def make_config(task: dict[str, Any], folder: Path, options: argparse.Namespace) -> TrainingConfig:
    """Write a phantom, and the configuration of the run."""
    z, y, x = task["shape"]
    slices = max(SLICES, 2 * z + 8)
    phantom = make_phantom((slices, SIDE, SIDE), seed=1)
    np.save(folder / "image.npy", phantom.image)
    np.save(folder / "labels.npy", phantom.labels)
    document = VolumeDocument(
        name="phantom",
        image=ArraySource(path="image.npy"),
        labels={"exact": LabelSource(path="labels.npy")},
        shape=(slices, SIDE, SIDE),
        dtype="uint8",
        classes=CLASSES,
        partitions={
            "train": Box(start=(0, 0, 0), shape=(slices - z, SIDE, SIDE)),
            "validation": Box(start=(slices - z, 0, 0), shape=(z, y, x)),
        },
    )
    write_document(folder / "volume.yaml", document)
    return TrainingConfig.model_validate(
        {
            "volume": str(folder / "volume.yaml"),
            "crops": {"shape": task["shape"], "positions": {"kind": "uniform"}, "symmetries": options.symmetries},
            "model": {"depth": 3, "base_filters": task["filters"], "residual": False},
            "learning_rate": {"kind": "constant", "value": 0.001},
            "precision": options.precision,
            "batch_size": task["batch"],
            "epochs": options.epochs,
            "steps_per_epoch": options.steps,
            "examples_every": 0,
            "deterministic": not options.fast,
        }
    )


def network_of(config: TrainingConfig) -> Any:
    """Build the network of the run once more."""
    network_input = NetworkInput(3 if config.crops.dimensions == "3D" else 2, 1, "uint8", 1 / 40, -3.0, len(CLASSES))
    return build_unet(config.model, network_input, precision=config.precision)


def bare_step(config: TrainingConfig, image: np.ndarray, labels: np.ndarray) -> Callable[[int], None]:
    """Compile forward, backward and update on one batch in memory, and nothing else."""
    import tensorflow as tf

    network, loss = network_of(config), jaccard2(len(CLASSES))
    optimizer = build_optimizer(config.optimizer, network, config.precision)
    optimizer.learning_rate = 0.001
    z, y, x = config.crops.shape
    crops = [(image[n : n + z, :y, :x, None], labels[n : n + z, :y, :x]) for n in range(config.crops_per_batch)]
    images, truth = (tf.constant(np.stack(arrays)) for arrays in zip(*crops, strict=True))
    if config.crops.dimensions == "2D":
        images, truth = images[:, 0], truth[:, 0]

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(truth, network(images, training=True))
            scaled = optimizer.scale_loss(value)
        gradients = tape.gradient(scaled, network.trainable_variables)
        gradients, _ = tf.clip_by_global_norm(gradients, optimizer.scale_loss(config.optimizer.clip_norm))
        optimizer.apply(gradients, network.trainable_variables)
        return value

    def train(steps: int) -> None:
        for _ in range(steps):
            float(step())

    return train


def keras_fit(config: TrainingConfig, image: np.ndarray, labels: np.ndarray) -> Callable[[int], None]:
    """Compile for `fit`, with random crops by tf.data from the volume in memory."""
    import keras
    import tensorflow as tf

    from seg_train.losses.keras_loss import KerasLoss

    network = network_of(config)
    optimizer = keras.optimizers.AdamW(0.001, weight_decay=config.optimizer.weight_decay, global_clipnorm=1.0)
    network.compile(optimizer, KerasLoss(jaccard2(len(CLASSES))), jit_compile=False)
    limits = np.array(image.shape) - config.crops.shape + 1
    grey, truth = tf.constant(image), tf.constant(labels)

    def crop(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        start = tf.cast(tf.random.stateless_uniform([3], [number, 0]) * limits.astype(np.float32), tf.int32)
        cut = [tf.slice(array, start, config.crops.shape) for array in (grey, truth)]
        if config.crops.dimensions == "2D":
            cut = [array[0] for array in cut]
        return cut[0][..., tf.newaxis], cut[1]

    batches = tf.data.Dataset.range(10**9).map(crop, num_parallel_calls=config.threads)
    batches = batches.batch(config.crops_per_batch, drop_remainder=True).prefetch(2)

    def train(steps: int) -> None:
        network.fit(batches, steps_per_epoch=steps, epochs=1, verbose=0, shuffle=False)

    return train


def main() -> None:
    """Measure in turns, print, and write CSV."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--epochs", type=int, default=6, help="rounds, the first of which is left out")
    parser.add_argument("--steps", type=int, default=20, help="steps of each contestant in a round")
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16", "float16"])
    parser.add_argument("--fast", action="store_true", help="without deterministic operations")
    parser.add_argument("--symmetries", action="store_true", help="turn and mirror the crops of the run")
    parser.add_argument("--out", type=Path, help="CSV file to append to")
    options = parser.parse_args()
    import_tensorflow(deterministic=not options.fast, seed=0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = make_config(TASKS[options.task], folder, options)
        image, labels = (np.load(folder / f"{what}.npy") for what in ("image", "labels"))
        others = {"bare step": bare_step(config, image, labels), "Keras fit": keras_fit(config, image, labels)}
        seconds: dict[str, list[float]] = {what: [] for what in others}

        def after_epoch(text: str) -> None:
            if not text.startswith("epoch "):
                return
            for what, train in sorted(others.items(), reverse=len(seconds["bare step"]) % 2 == 1):
                started = time.perf_counter()
                train(options.steps)
                seconds[what].append(time.perf_counter() - started)

        run_training(config, folder / "model", quiet=True, tell=after_epoch)
        with ModelPaths(root=folder / "model").timing.open() as file:
            timing = list(csv.DictReader(file))
    seconds["seg-train run"] = [float(row["training_seconds"]) for row in timing]
    rows = []
    for what, measured in seconds.items():
        ratios = [bare / own for bare, own in zip(seconds["bare step"][1:], measured[1:], strict=True)]
        row = {
            "task": options.task,
            "precision": options.precision,
            "contestant": what,
            "steps_per_second": round(options.steps / median(measured[1:]), 3),
            "ratio_to_bare_step": round(median(ratios), 3),
            "lowest_ratio": round(min(ratios), 3),
            "highest_ratio": round(max(ratios), 3),
            "rounds": len(ratios),
            "steps_per_round": options.steps,
        }
        rows.append(row)
        print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.out:
        new = not options.out.exists()
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with options.out.open("a", newline="") as file:
            table = csv.DictWriter(file, rows[0])
            if new:
                table.writeheader()
            table.writerows(rows)


if __name__ == "__main__":
    main()
