"""Tests of voxels read from their file: the right ones, in little memory."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume import stored_voxels
from seg_common.volume.open_array import open_array
from seg_common.volume.stored_voxels import StoredVoxels

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


@given(data=st.data())
def test_boxes_are_those_of_the_array(tmp_path_factory, data):
    """Any shape, type, byte order, offset, box and size of the bands, gaps and calls."""
    shape = data.draw(st.tuples(*[st.integers(1, 6)] * 3))
    dtype = np.dtype(data.draw(st.sampled_from(["u1", "<u2", ">u2", ">f4", "<f8", "?"])))
    voxels = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, 2**8, shape).astype(dtype)
    offset = data.draw(st.integers(0, 9))
    path = tmp_path_factory.mktemp("stored") / "voxels"
    path.write_bytes(bytes(offset) + voxels.tobytes())
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    box = Box.between(start, tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_voxels, "BAND_BYTES", data.draw(st.integers(1, 64)))
        patch.setattr(stored_voxels, "LONGEST_GAP", data.draw(st.sampled_from([0, 8, 2**15])))
        patch.setattr(stored_voxels, "LARGEST_READ", data.draw(st.integers(1, 64)))
        if data.draw(st.booleans()):
            patch.delattr(stored_voxels.os, "preadv")  # as on Windows
        found = StoredVoxels.of(path, dtype, offset, shape).read(box)
    assert found.dtype == dtype.newbyteorder("=")
    assert np.array_equal(found, voxels[box.slices()])


def test_reading_all_of_a_file_takes_little_memory(tmp_path):
    """160 MiB of voxels, every one read; a mapping of the file would count with all of them."""
    np.save(tmp_path / "volume.npy", np.broadcast_to(np.arange(160, dtype=np.uint8)[:, None, None], SHAPE))
    command = [sys.executable, "-c", READ_ALL, str(tmp_path / "volume.npy")]
    total, most = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert total == 1024 * 1024 * sum(range(160))
    assert most < 16 * 2**20


def test_threads_share_the_file(tmp_path):
    """Each gets the voxels of its own box."""
    voxels = np.arange(40 * 30 * 20, dtype=np.uint16).reshape(40, 30, 20)
    np.save(tmp_path / "volume.npy", voxels)
    boxes = [Box(start=(z, y, 3), shape=(2, 7, 11)) for z in range(38) for y in range(20)]
    with open_array(tmp_path / "volume.npy") as array, ThreadPoolExecutor(8) as pool:
        for box, found in zip(boxes, pool.map(array.read, boxes), strict=True):
            assert np.array_equal(found, voxels[box.slices()])


def test_arrays_in_the_order_of_fortran(tmp_path):
    """z is stored fastest; what is read is the same array."""
    voxels = np.asfortranarray(np.arange(60).reshape(3, 4, 5))
    np.save(tmp_path / "volume.npy", voxels)
    with open_array(tmp_path / "volume.npy") as array:
        assert np.array_equal(array[1:, 1:3, 2:], voxels[1:, 1:3, 2:])


def test_a_file_that_is_cut_off_while_it_is_open(tmp_path):
    """Somebody else writes to it: an error, not voxels of memory that was never filled."""
    np.save(tmp_path / "volume.npy", np.ones((8, 8, 8), np.uint8))
    with open_array(tmp_path / "volume.npy") as array:
        (tmp_path / "volume.npy").write_bytes((tmp_path / "volume.npy").read_bytes()[:300])
        with pytest.raises(VolumeError, match="file ends at byte 300"):
            array.read(Box.whole((8, 8, 8)))
