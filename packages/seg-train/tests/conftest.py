"""A small volume that a network can learn in a few steps, and TensorFlow imported once, quietly and deterministically."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seg_common.geometry.box import Box
from seg_common.schema.crops import CropsConfig
from seg_common.schema.optimization import ConstantSchedule
from seg_common.schema.training import TrainingConfig, UNetConfig
from seg_common.schema.volume import ArraySource, ClassInfo, LabelSource, VolumeDocument
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.yaml_documents import write_document
from seg_train.quiet_tensorflow import import_tensorflow
from seg_train.run import run_training

# Named on the command line by `nox -s tests_mlflow_server`; here MLflow need not be installed whole.
collect_ignore = ["trackers/mlflow_server.py"]

VolumeMaker = Callable[..., Path]
CLASSES = [ClassInfo(name="matrix", color="#4c566a"), ClassInfo(name="fibre", color="#e69f00")]
SHAPE = (16, 48, 48)


@pytest.fixture(scope="session", autouse=True)
def tensorflow():
    """TensorFlow with two logical CPUs, as a machine with two devices."""
    import_tensorflow(deterministic=True, seed=0)
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    return tf


@pytest.fixture(scope="session")
def mirrored(tensorflow):
    """Two replicas; one strategy for all tests, since the collectives of a second one in a process collide with its own."""
    return tensorflow.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture(scope="session")
def labels() -> np.ndarray:
    """Square rods along z: 25 % of the voxels are fibre."""
    plane = np.zeros(SHAPE[1:], np.uint8)
    for y in range(0, 48, 16):
        for x in range(0, 48, 16):
            plane[y + 4 : y + 12, x + 4 : x + 12] = 1
    return np.broadcast_to(plane, SHAPE).copy()


def write_volume(folder: Path, voxel_labels: np.ndarray, **changes: object) -> Path:
    """Write a volume with bright rods in a dark, noisy matrix; `changes` replace keys of its document."""
    rng = np.random.default_rng(0)
    image = (80 + 80 * (voxel_labels == 1) + rng.normal(0, 12, voxel_labels.shape)).clip(0, 255).astype(np.uint8)
    for file, array in (("image", image), ("labels", voxel_labels)):
        with hdf5_writer(folder / f"{file}.h5", file, array.shape, array.dtype) as dataset:
            dataset[...] = array
    z, y, x = voxel_labels.shape
    half = z // 2
    document = {
        "name": "rods",
        "image": ArraySource(path="image.h5"),
        "labels": {"manual": LabelSource(path="labels.h5", ignored_label=255)},
        "shape": (z, y, x),
        "dtype": "uint8",
        "classes": CLASSES,
        "partitions": {
            "train": Box(start=(0, 0, 0), shape=(half, y, x)),
            "validation": Box(start=(half, 0, 0), shape=(z - half, y, x)),
        },
    }
    write_document(folder / "volume.yaml", VolumeDocument(**(document | changes)))
    return folder


@pytest.fixture
def make_volume(tmp_path: Path) -> VolumeMaker:
    """Writes a volume folder from labels; other keywords than its folder replace keys of its document."""

    def make(voxel_labels: np.ndarray, *, folder: str = "other", **changes: object) -> Path:
        return write_volume(tmp_path / folder, voxel_labels, **changes)

    return make


@pytest.fixture(scope="session")
def volume(tmp_path_factory: pytest.TempPathFactory, labels: np.ndarray) -> Path:
    """The volume that most tests train on; no test may change it."""
    return write_volume(tmp_path_factory.mktemp("volume") / "rods", labels)


@pytest.fixture(scope="session")
def config(volume: Path) -> TrainingConfig:
    """Two epochs of three steps of a tiny network."""
    return TrainingConfig(
        name="tiny",
        volume=str(volume),
        crops=CropsConfig(shape=(1, 16, 16)),
        model=UNetConfig(depth=1, base_filters=2),
        learning_rate=ConstantSchedule(value=0.01),
        batch_size=4,
        epochs=2,
        steps_per_epoch=3,
        examples_every=1,
    )


@pytest.fixture(scope="session")
def trained(tensorflow, config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder after a whole run; no test may change it."""
    model = tmp_path_factory.mktemp("trained") / "model"
    run_training(config, model, quiet=True)
    return model
