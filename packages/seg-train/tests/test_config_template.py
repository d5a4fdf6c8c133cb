"""`seg-train init` writes a configuration that runs as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.errors import CropError, LabelVolumeError, OutputExistsError
from seg_common.geometry.box import Box
from seg_common.schema.crop_rejection import MinClassFraction
from seg_common.schema.training import TrainingConfig
from seg_train.config_template import write_config
from seg_train.configuration import load_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("dimensions", "shape", "slices"),
    [("2D", (1, 48, 48), 1), ("2.5D", (1, 48, 48), 5), ("3D", (8, 48, 48), 1)],
)
def test_it_fits_the_volume(volume: Path, tmp_path: Path, dimensions, shape: tuple[int, ...], slices: int) -> None:
    """Crops are as large as both partitions allow, up to the usual side."""
    write_config(tmp_path / "train.yaml", volume, dimensions=dimensions, name="first")
    config = load_config(tmp_path / "train.yaml")
    assert config.crops.shape == shape
    assert config.crops.slices == slices
    assert config.crops.dimensions == dimensions
    assert config.name == "first"


def test_every_key_is_written_with_its_default(volume: Path, tmp_path: Path) -> None:
    """The file shows what there is: left-out sections would say nothing to a newcomer."""
    write_config(tmp_path / "train.yaml", volume)
    text = (tmp_path / "train.yaml").read_text()
    assert set(TrainingConfig.model_fields) <= {line.split(":")[0] for line in text.splitlines()}
    assert load_config(tmp_path / "train.yaml").crops.rejection is None


def test_a_rare_class_is_asked_for(make_volume, labels: np.ndarray, tmp_path: Path) -> None:
    """A class below 5 % gets a rejection function at its own share."""
    labels = np.zeros_like(labels)
    labels[:, :4, :16] = 1
    write_config(tmp_path / "train.yaml", make_volume(labels))
    rejection = load_config(tmp_path / "train.yaml").crops.rejection
    assert isinstance(rejection, MinClassFraction)
    assert rejection.class_name == "fibre"
    assert rejection.fraction == pytest.approx(64 / 48**2, abs=1e-4)


def test_an_existing_file_stays(volume: Path, tmp_path: Path) -> None:
    """A configuration that somebody edited is not lost."""
    (tmp_path / "train.yaml").write_text("mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        write_config(tmp_path / "train.yaml", volume)
    assert (tmp_path / "train.yaml").read_text() == "mine"


def test_partitions_too_small_for_a_crop(make_volume, labels: np.ndarray, tmp_path: Path) -> None:
    """A partition with a side below 8 voxels cannot be halved three times."""
    partitions = {
        "train": Box(start=(0, 0, 0), shape=(8, 48, 48)),
        "validation": Box(start=(8, 0, 0), shape=(8, 4, 48)),
    }
    with pytest.raises(CropError, match="multiples of 8"):
        write_config(tmp_path / "train.yaml", make_volume(labels, partitions=partitions))


def test_a_volume_without_labels_cannot_train(make_volume, labels: np.ndarray, tmp_path: Path) -> None:
    """The message says where labels belong."""
    with pytest.raises(LabelVolumeError, match="needs labels"):
        write_config(tmp_path / "train.yaml", make_volume(labels, labels={}))
