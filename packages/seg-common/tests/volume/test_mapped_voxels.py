"""Tests of memory while mapped files are read: pages are given back, and what was handed out stays right."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from seg_common.geometry.box import Box
from seg_common.volume.mapped_voxels import RESIDENT_BYTES, MappedVoxels

SHAPE = (160, 1024, 1024)
READ_ALL = """
import sys
import psutil
from seg_common import open_array
from seg_common.geometry.box import Box
start = psutil.Process().memory_info().rss
most, total = 0, 0
with open_array(sys.argv[1]) as array:
    for z in range(0, 160, 32):
        for y in range(0, 1024, 128):
            for x in range(0, 1024, 256):
                total += int(array.read(Box(start=(z, y, x), shape=(32, 128, 256))).sum())
                most = max(most, psutil.Process().memory_info().rss - start)
print(total, most)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="how much of a mapping is in memory is the system's choice")
def test_reading_all_of_a_file_takes_little_memory(tmp_path):
    """160 MiB of voxels, every one read, in less than 100 MiB; without pages given back it would be all of them."""
    voxels = np.lib.format.open_memmap(tmp_path / "volume.npy", "w+", np.uint8, SHAPE)
    voxels[...] = np.arange(SHAPE[0], dtype=np.uint8)[:, None, None]
    voxels.flush()
    del voxels
    command = [sys.executable, "-c", READ_ALL, str(tmp_path / "volume.npy")]
    total, most = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert total == 1024 * 1024 * sum(range(160))
    assert most < RESIDENT_BYTES + 40 * 2**20


def test_views_stay_valid_when_pages_are_given_back(tmp_path, monkeypatch):
    """A box that was handed out before is the same after."""
    expected = np.random.default_rng(0).integers(0, 255, (4, 64, 64), np.uint8)
    np.save(tmp_path / "volume.npy", expected)
    monkeypatch.setattr("seg_common.volume.mapped_voxels.RESIDENT_BYTES", 1)
    mapped = MappedVoxels(np.lib.format.open_memmap(tmp_path / "volume.npy", "r"))
    first = mapped.read(Box.whole(expected.shape), expected.dtype)
    assert np.array_equal(mapped.read(Box(start=(1, 2, 3), shape=(2, 3, 4)), expected.dtype), expected[1:3, 2:5, 3:7])
    assert np.array_equal(first, expected)
