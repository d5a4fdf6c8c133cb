"""Digests of voxels and of files."""

import hashlib

import numpy as np
import pytest

from seg_common.geometry.box import Box
from seg_common.volume import digests
from seg_common.volume.digests import array_digest, file_digest
from seg_common.volume.open_array import open_array


def digest_of(array, tmp_path, **options):
    np.save(tmp_path / "a.npy", array)
    with open_array(tmp_path / "a.npy") as reader:
        return array_digest(reader, **options)


def test_the_digest_is_that_of_dtype_shape_and_little_endian_voxels(tmp_path):
    """Anyone can compute it without this package."""
    array = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    expected = hashlib.sha256(b"uint16 (2, 3, 4)\n" + array.astype("<u2").tobytes()).hexdigest()
    assert digest_of(array, tmp_path) == f"sha256:{expected}"
    assert digest_of(array.astype(">u2"), tmp_path) == f"sha256:{expected}"


@pytest.mark.parametrize(
    "other",
    [
        np.arange(24, dtype=np.int16).reshape(2, 3, 4),
        np.arange(24, dtype=np.uint16).reshape(2, 4, 3),
        np.arange(1, 25, dtype=np.uint16).reshape(2, 3, 4),
    ],
)
def test_dtype_shape_and_voxels_all_count(other, tmp_path):
    """A scan that was reshaped or converted is another scan."""
    array = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    assert digest_of(array, tmp_path) != digest_of(other, tmp_path)


def test_a_box_has_the_digest_of_the_array_cut_out(tmp_path):
    """So that a partition can be digested without a copy of it."""
    array = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    box = Box(start=(1, 0, 2), shape=(2, 3, 3))
    assert digest_of(array, tmp_path, box=box) == digest_of(array[box.slices()].copy(), tmp_path)


def test_slabs_do_not_change_the_digest(tmp_path, monkeypatch):
    """Large volumes are read slab by slab, and each slab is told to the progress bar."""
    array = np.arange(60, dtype=np.uint8).reshape(5, 3, 4)
    whole = digest_of(array, tmp_path)
    steps = []
    monkeypatch.setattr(digests, "SLAB_VOXELS", 30)
    assert digest_of(array, tmp_path, advance=steps.append) == whole
    assert steps == [2, 2, 1]


def test_a_file_digest_is_that_of_its_bytes(tmp_path):
    """As sha256sum prints it."""
    (tmp_path / "a").write_bytes(b"abc")
    assert file_digest(tmp_path / "a") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
