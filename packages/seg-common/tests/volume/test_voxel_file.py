"""Packed voxels: memory stays small, threads share them, and nothing is left behind."""

import gzip
import subprocess
import sys
import tempfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.volume.voxel_file import VoxelFile, VoxelFileReader, read_header


def packed(tmp_path, array, header=b""):
    path = tmp_path / "a.gz"
    path.write_bytes(header + gzip.compress(array.tobytes(), 1))
    return VoxelFileReader(path, VoxelFile(path, array.shape, array.dtype, len(header), "gzip"))


def test_memory_is_bounded_while_a_stream_is_unpacked(tmp_path):
    """64 MiB of voxels, less than 16 MiB of memory."""
    with gzip.open(tmp_path / "a.gz", "wb", 1) as file:
        for z in range(64):
            file.write(np.full((1024, 1024), z, np.uint8).tobytes())
    voxels = VoxelFile(tmp_path / "a.gz", (64, 1024, 1024), np.dtype("uint8"), packing="gzip")
    tracemalloc.start()
    with VoxelFileReader(tmp_path / "a.gz", voxels) as reader:
        assert reader[:, 5, 7].tolist() == list(range(64))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24


def test_a_stream_is_unpacked_when_it_is_first_read(tmp_path, monkeypatch):
    """Opening is quick, and the temporary file has no name that could be left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "room"))
    (tmp_path / "room").mkdir()
    array = np.arange(60, dtype=np.uint16).reshape(3, 4, 5)
    with packed(tmp_path, array, b"header") as reader:
        assert reader._stored is None
        np.testing.assert_array_equal(reader[1:, 2], array[1:, 2])
        assert list((tmp_path / "room").iterdir()) == []


def test_threads_share_what_was_unpacked(tmp_path):
    """Each gets its own voxels, and the stream is unpacked once."""
    array = np.random.default_rng(0).integers(0, 255, (16, 64, 64), np.uint8)
    with packed(tmp_path, array) as reader, ThreadPoolExecutor(8) as pool:
        for z, plane in enumerate(pool.map(lambda z: reader[z], range(16))):
            np.testing.assert_array_equal(plane, array[z])


@pytest.mark.parametrize("shape", [(3, 4, 4), (3, 4, 6), (2, 4, 5), (10**6, 10**6, 10**6)])
def test_a_stream_of_another_length_is_an_error(tmp_path, shape):
    """Neither less nor more than the header says, and no more is unpacked than it takes to know."""
    array = np.zeros((3, 4, 5), np.uint8)
    packed(tmp_path, array).close()
    with (
        VoxelFileReader(tmp_path / "a.gz", VoxelFile(tmp_path / "a.gz", shape, array.dtype, packing="gzip")) as reader,
        pytest.raises(VolumeError, match=r"packed voxels must be \d+ bytes; .*a\.gz holds (60|more than)"),
    ):
        reader[0]


@pytest.mark.skipif(sys.platform != "linux", reason="a full disk is imitated with a limit that only Linux has")
def test_a_full_disk_is_told_with_the_way_out(tmp_path):
    """The file is not to blame."""
    packed(tmp_path, np.zeros((64, 256, 256), np.uint8)).close()
    code = (
        "import resource, signal, numpy as np\n"
        "from pathlib import Path\n"
        "from seg_common.volume.voxel_file import VoxelFile, VoxelFileReader\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))\n"
        f"path = Path({str(tmp_path / 'a.gz')!r})\n"
        "reader = VoxelFileReader(path, VoxelFile(path, (64, 256, 256), np.dtype('uint8'), packing='gzip'))\n"
        "try: reader[0]\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("VolumeError unpacking ")
    assert "needs 4194304 bytes" in shown
    assert "Set TMPDIR to a folder with room." in shown


def test_a_header_is_read_to_its_last_line_and_no_further(tmp_path):
    """What follows may be gigabytes without an end of line."""
    (tmp_path / "a").write_bytes(b"one\r\ntwo\nlast = 1\n" + bytes(10))
    assert read_header(tmp_path / "a", b"last") == (["one", "two", "last = 1"], 18)
    (tmp_path / "a").write_bytes(b"one\n\n" + b"\xff\n")
    assert read_header(tmp_path / "a", b"") == (["one", ""], 5)
    (tmp_path / "a").write_bytes(bytes(2**22))
    assert read_header(tmp_path / "a", b"")[1] <= 2**21
