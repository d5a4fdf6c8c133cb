"""Tests of finding out how crops shall be drawn."""

from __future__ import annotations

import pytest

from seg_common.errors import DocumentError, VolumeError
from seg_common.schema.crops import CropsConfig
from seg_data.crops_config import fit_crop, load_crops


def test_the_default_crop_fits_every_volume(sparse_volume, make_volume, sparse_labels):
    """The default of 1 x 128 x 128 shrinks to the least rows and columns of all."""
    narrow = make_volume(sparse_labels[:, :, :9], sparse_labels[:, :, :9])
    config, seed = load_crops(None)
    assert (config, seed) == (CropsConfig(), 0)
    assert fit_crop(config, [sparse_volume]).shape == (1, 24, 20)
    assert fit_crop(config, [sparse_volume, narrow]).shape == (1, 24, 9)


def test_crop_configuration(tmp_path):
    """Its seed and partition can be replaced."""
    file = tmp_path / "crops.yaml"
    file.write_text("kind: crops_config\nseed: 3\ncrops: {shape: [1, 8, 8], partition: validation}\n")
    assert load_crops(file)[1] == 3
    config, seed = load_crops(file, partition="train", seed=8)
    assert (config.shape, config.partition, seed) == ((1, 8, 8), "train", 8)


def test_training_configuration(tmp_path):
    """Previews show what a training run will draw."""
    file = tmp_path / "train.yaml"
    file.write_text("kind: training_config\nvolume: composite\nseed: 5\ncrops: {shape: [1, 16, 16]}\n")
    config, seed = load_crops(file)
    assert (config.shape, seed) == ((1, 16, 16), 5)


def test_other_documents_are_refused(sparse_volume):
    """A volume is no configuration."""
    with pytest.raises(DocumentError, match="'crops_config' or 'training_config'; got 'volume'"):
        load_crops(sparse_volume.path)


def test_unknown_partition(sparse_volume):
    """Said before the crop is fitted to it."""
    with pytest.raises(VolumeError, match="'test', it has: train"):
        fit_crop(load_crops(None, partition="test")[0], [sparse_volume])
