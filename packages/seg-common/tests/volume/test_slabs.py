"""Slices in order from chunked volumes: each chunk is unpacked once, whatever fits into memory."""

import subprocess
import sys
import tempfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.open_array import open_array
from seg_common.volume.slabs import read_slabs

lengths = st.tuples(*[st.integers(1, 9)] * 3)


class Chunked(ArrayReader):
    """An array in memory that counts how often each of its chunks is unpacked."""

    path = dataset = None

    def __init__(self, shape, chunk_shape):
        self.array = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
        self.shape, self.dtype, self.chunk_shape = shape, self.array.dtype, chunk_shape
        self.unpacked = np.zeros([-(-n // c) for n, c in zip(shape, chunk_shape or shape, strict=True)], int)
        self.largest = 0

    def _read(self, box):
        touched = zip(box.start, box.stop, self.chunk_shape or self.shape, strict=True)
        self.unpacked[tuple(slice(a // n, (b - 1) // n + 1) for a, b, n in touched)] += 1
        self.largest = max(self.largest, box.voxels)
        return self.array[box.slices()]


@given(shape=lengths, chunk=lengths, slab_voxels=st.integers(1, 400), data=st.data())
def test_each_chunk_is_unpacked_once(shape, chunk, slab_voxels, data):
    """And the slices come whole, in order, in slabs that are no larger than asked for."""
    reader = Chunked(shape, chunk)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    box = Box.between(start, stop)
    parts = list(read_slabs(reader, box, slab_voxels))
    np.testing.assert_array_equal(np.concatenate([voxels for _, voxels in parts]), reader.array[box.slices()])
    assert [slab.start[0] for slab, _ in parts] == [start[0], *(slab.stop[0] for slab, _ in parts[:-1])]
    assert all(slab.shape[1:] == box.shape[1:] == voxels.shape[1:] for slab, voxels in parts)
    assert all(slab.voxels <= max(slab_voxels, box.shape[1] * box.shape[2]) for slab, _ in parts)
    if chunk[0] > 1:
        touched = tuple(slice(a // n, (b - 1) // n + 1) for a, b, n in zip(start, stop, chunk, strict=True))
        assert (reader.unpacked[touched] == 1).all()
        row_of_chunks = chunk[0] * chunk[1] * box.shape[2]
        one_slice = box.shape[1] * box.shape[2]
        assert reader.largest <= max(slab_voxels, row_of_chunks, one_slice)


def test_slabs_end_where_chunks_end():
    """Ten slices of 2 x 3 voxels, chunks of four slices, room for five: by hand."""
    reader = Chunked((10, 2, 3), (4, 1, 3))
    assert [slab.shape[0] for slab, _ in read_slabs(reader, slab_voxels=30)] == [4, 4, 2]
    assert [slab.shape[0] for slab, _ in read_slabs(reader, slab_voxels=60)] == [8, 2]
    assert [slab.shape[0] for slab, _ in read_slabs(reader, slab_voxels=18)] == [3, 1, 3, 1, 2]
    inner = Box(start=(3, 0, 0), shape=(6, 2, 3))
    assert [slab.shape[0] for slab, _ in read_slabs(reader, inner, 30)] == [1, 4, 1]


def test_without_chunks_a_slab_is_what_fits():
    """Nothing goes through a temporary file."""
    reader = Chunked((10, 2, 3), None)
    assert [slab.shape[0] for slab, _ in read_slabs(reader, slab_voxels=18)] == [3, 3, 3, 1]
    assert reader.largest == 18


def test_a_real_file_has_the_same_slices(tmp_path, monkeypatch):
    """Compressed HDF5; the temporary file has no name that could be left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "room"))
    (tmp_path / "room").mkdir()
    array = np.random.default_rng(0).integers(0, 255, (20, 30, 40), np.uint8)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("image", data=array, chunks=(16, 16, 16), compression="gzip")
    with open_array(tmp_path / "a.h5") as reader:
        slabs = [voxels.copy() for _, voxels in read_slabs(reader, slab_voxels=3600)]
    np.testing.assert_array_equal(np.concatenate(slabs), array)
    assert [len(slab) for slab in slabs] == [3, 3, 3, 3, 3, 1, 3, 1]
    assert list((tmp_path / "room").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="a full disk is imitated with a limit that only Linux has")
def test_a_full_disk_is_told_with_the_way_out(tmp_path):
    """With the room that is needed: 16 slices of 30 x 40 bytes."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("image", data=np.zeros((20, 30, 40), np.uint8), chunks=(16, 16, 16), compression="gzip")
    code = (
        "import resource, signal\n"
        "from seg_common import open_array\n"
        "from seg_common.volume.slabs import read_slabs\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"reader = open_array({str(tmp_path / 'a.h5')!r})\n"
        "try: next(read_slabs(reader, slab_voxels=1200))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.startswith(f"VolumeError a layer of chunks of {tmp_path / 'a.h5'}::image needs 19200 bytes in ")
    assert "Set TMPDIR to a folder with room." in shown
