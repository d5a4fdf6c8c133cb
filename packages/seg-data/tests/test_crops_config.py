"""Tests of finding out how crops shall be drawn."""

from __future__ import annotations

import pytest

from seg_common.errors import DocumentError, VolumeError
from seg_data.crops_config import load_crops


def test_defaults_fit_the_partition(sparse_volume):
    """The default crop of 128 x 128 shrinks to 24 x 20."""
    config, seed = load_crops(None, sparse_volume)
    assert (config.shape, config.partition, seed) == ((1, 24, 20), "train", 0)


def test_crop_configuration(sparse_volume, tmp_path):
    """Its seed and partition can be replaced."""
    file = tmp_path / "crops.yaml"
    file.write_text("kind: crops_config\nseed: 3\ncrops: {shape: [1, 8, 8], partition: validation}\n")
    assert load_crops(file, sparse_volume)[1] == 3
    config, seed = load_crops(file, sparse_volume, partition="train", seed=8)
    assert (config.shape, config.partition, seed) == ((1, 8, 8), "train", 8)


def test_training_configuration(sparse_volume, tmp_path):
    """Previews show what a training run will draw."""
    file = tmp_path / "train.yaml"
    file.write_text("kind: training_config\nvolume: composite\nseed: 5\ncrops: {shape: [1, 16, 16]}\n")
    config, seed = load_crops(file, sparse_volume)
    assert (config.shape, seed) == ((1, 16, 16), 5)


def test_other_documents_are_refused(sparse_volume):
    """A volume is no configuration."""
    with pytest.raises(DocumentError, match="'crops_config' or 'training_config'; got 'volume'"):
        load_crops(sparse_volume.path, sparse_volume)


def test_unknown_partition(sparse_volume):
    """Said before the crop is fitted to it."""
    with pytest.raises(VolumeError, match="'test', it has: train"):
        load_crops(None, sparse_volume, partition="test")
