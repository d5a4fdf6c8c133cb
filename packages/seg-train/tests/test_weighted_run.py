"""Voxel weights, real grey levels and voxels that are no cubes go through the whole story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training import TrainingConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import ArraySource
from seg_common.volume.digests import array_digest
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.open_array import open_array
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import read_document
from seg_train.crop_source import CropSource
from seg_train.resume import resume_training
from seg_train.run import run_training

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, name: str, array: np.ndarray) -> None:
    """Write an array into an HDF5 file."""
    with hdf5_writer(path, name, array.shape, array.dtype, overwrite=True) as dataset:
        dataset[...] = array


@pytest.fixture
def weighted(make_volume, labels: np.ndarray) -> Path:
    """Grey levels around a million in float64, flat voxels, and weights that say which class a voxel is of."""
    folder = make_volume(
        labels,
        dtype="float64",
        weights={"mine": ArraySource(path="weights.h5")},
        voxel_size=(5.0, 1.0, 1.0),
        voxel_size_unit="um",
    )
    write(folder / "image.h5", "image", 1e6 + labels + np.random.default_rng(0).normal(0, 0.2, labels.shape))
    write(folder / "weights.h5", "weights", (1 + 2 * labels).astype(np.float32))
    return folder


@pytest.fixture
def weighted_config(config: TrainingConfig, weighted: Path) -> TrainingConfig:
    """A 3D network of two levels with a weighted sum of losses."""
    data = config.model_dump() | {"volume": str(weighted), "epochs": 1, "steps_per_epoch": 1, "batch_size": 5}
    data["crops"] |= {"shape": (3, 16, 16), "voxel_weights": "mine"}
    data["model"] |= {"depth": 2, "strides": "auto"}
    macro = {"kind": "jaccard2", "form": "macro", "over": "sample"}
    data["loss"] = {"kind": "sum", "terms": [{"loss": macro}, {"weight": 0.5, "loss": {"kind": "focal"}}]}
    return TrainingConfig.model_validate(data)


def test_weights_come_along_with_their_voxels(weighted: Path, weighted_config: TrainingConfig) -> None:
    """Those of a crop tell its labels, however it is turned; crops that fill up the last batch weigh nothing."""
    with open_volume(weighted, weights="mine") as volume:
        source = CropSource([volume], weighted_config)
        batch = source.training_batch(0)
        last = source.validation_batch(source.validation_steps - 1)
    assert batch.weights is not None
    assert batch.weights.dtype == np.float32
    assert (batch.weights == 1 + 2 * batch.labels).all()
    kept = source.validation_crops % 5
    assert 0 < kept < 5
    assert last.weights is not None
    assert (last.weights[:kept] == 1 + 2 * last.labels[:kept]).all()
    assert (last.weights[kept:] == 0).all()


def test_a_run_with_weights_says_so(weighted: Path, weighted_config: TrainingConfig, tmp_path: Path) -> None:
    """The record names weights, strides and scale; losses are finite; and a run does not go on with other weights."""
    record = run_training(weighted_config, tmp_path / "model", quiet=True)
    assert record.status == "finished"
    assert record.config.model.strides == [(1, 2, 2), (1, 2, 2)]
    assert record.network.side_divisor == 4
    assert record.network.input_dtype == "float64"
    with open_array(weighted / "weights.h5") as weights:
        assert record.data.weights_digest == array_digest(weights)
    assert record.data.weights == "mine"
    assert 0 < record.result.last["loss"] < 2
    assert 0 < record.result.last["validation_loss"] < 2
    paths = ModelPaths(root=tmp_path / "model")
    text = paths.metadata.read_text().replace("status: finished", "status: interrupted")
    paths.metadata.write_text(text)
    assert read_document(paths.metadata, TrainingRecord).status == "interrupted"
    write(weighted / "weights.h5", "weights", np.ones((16, 48, 48), np.float32))
    with pytest.raises(VolumeError, match="weights_digest"):
        resume_training(paths.root, quiet=True)
