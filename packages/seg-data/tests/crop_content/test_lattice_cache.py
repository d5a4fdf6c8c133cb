"""Tests of tables kept beside the volume."""

from __future__ import annotations

import os

import numpy as np
import pytest

from seg_common.schema.crops import CropsConfig
from seg_common.volume.opened_volume import open_volume
from seg_data import make_sampler
from seg_data.crop_content import lattice_cache
from seg_data.crop_content.lattice_cache import CACHE_FOLDER

REJECTION = {"kind": "min_class_fraction", "class_name": "pore", "fraction": 0.02, "reject_probability": 0.9}
CROPS = CropsConfig.model_validate({"shape": (4, 8, 8), "rejection": REJECTION})


@pytest.fixture(autouse=True)
def cache_small_regions(monkeypatch):
    """Volumes of tests are far below the size that is worth a file."""
    monkeypatch.setattr(lattice_cache, "SMALLEST_CACHED", 1)


def files(volume):
    """Tables in the volume's folder."""
    return sorted((volume.path.parent / CACHE_FOLDER).glob("*"))


def draw(volume):
    """Boxes of the first crops of a new sampler."""
    return [crop.box for crop in make_sampler(volume, CROPS, 0).crops(0, 30)]


def test_tables_are_built_once(sparse_volume, monkeypatch):
    """The second sampler reads the file; its crops are the same."""
    first = draw(sparse_volume)
    (file,) = files(sparse_volume)
    monkeypatch.setattr(lattice_cache, "build_lattice", None)
    assert draw(sparse_volume) == first
    assert files(sparse_volume) == [file]


def test_a_damaged_file_is_replaced(sparse_volume):
    """Cut off, or with a wrong count in it: built again."""
    first = draw(sparse_volume)
    (file,) = files(sparse_volume)
    whole = file.read_bytes()
    for damage in (
        whole[:100],
        whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :],
    ):
        file.write_bytes(damage)
        assert draw(sparse_volume) == first
        assert file.read_bytes() == whole


def test_other_labels_ask_for_other_tables(sparse_volume):
    """A label file that was replaced since is not judged by the old tables."""
    draw(sparse_volume)
    labels = sparse_volume.labels.path
    os.utime(labels, ns=(1, 1))
    draw(sparse_volume)
    assert len(files(sparse_volume)) == 2


def test_a_folder_that_cannot_be_written_is_left_alone(sparse_volume, monkeypatch):
    """Somebody else's data: no file, and the same crops."""
    first = draw(sparse_volume)
    (file,) = files(sparse_volume)
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("in the way")
    with open_volume(sparse_volume.path) as volume:
        assert draw(volume) == first
    assert file.parent.read_text() == "in the way"


def test_small_regions_are_not_worth_a_file(sparse_volume, monkeypatch):
    """Below the limit nothing is written."""
    monkeypatch.setattr(lattice_cache, "SMALLEST_CACHED", np.inf)
    draw(sparse_volume)
    assert not (sparse_volume.path.parent / CACHE_FOLDER).exists()
