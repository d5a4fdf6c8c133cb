"""What was written is read back, bit for bit and with its voxel size, from every format."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_common.volume.slabs import read_slabs
from seg_common.volume.writing import array_writer as array_writer_module
from seg_common.volume.writing.array_writer import WRITABLE_SUFFIXES, array_writer

NUMBERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")
LONG = ("int64", "uint64")
DTYPES = {
    **dict.fromkeys([".tif"], (*NUMBERS, *LONG, "float16")),
    **dict.fromkeys([".raw"], (*NUMBERS, "float16")),
    **dict.fromkeys([".nrrd", ".mha", ".xdmf"], (*NUMBERS, *LONG)),
    **dict.fromkeys([".npy", ".h5", ".zarr"], (*NUMBERS, *LONG, "float16", "bool")),
}
KINDS = [(s, c) for s in WRITABLE_SUFFIXES for c in (False, True) if not (c and s in (".raw", ".vol", ".npy"))]
OTHER_SPELLINGS = (".tiff", ".vol", ".hdf5", ".xmf")
each_kind = pytest.mark.parametrize(
    ("suffix", "compressed"), [kind for kind in KINDS if kind[0] not in OTHER_SPELLINGS]
)
UNITLESS = (".mha", ".npy")


def random_bits(shape, dtype):
    bits = np.random.default_rng(1).integers(0, 256, (*shape[:2], shape[2] * np.dtype(dtype).itemsize), np.uint8)
    return bits > 127 if dtype == "bool" else bits.view(dtype)


@given(
    shape=st.tuples(*[st.integers(1, 8)] * 3),
    size=st.none() | st.tuples(*[st.decimals("0.001", "1000", places=3).map(float)] * 3),
    unit=st.none() | st.sampled_from(["um", "nm", "mm", "angstrom", "furlong"]),
    data=st.data(),
)
@each_kind
def test_voxels_and_voxel_size_come_back(suffix, compressed, shape, size, unit, data):
    """Any dtype that the format holds, any shape, any box of it."""
    dtype = data.draw(st.sampled_from(DTYPES[suffix]))
    array = random_bits(shape, dtype)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        options = {"voxel_size": size, "voxel_size_unit": unit, "compressed": compressed}
        with array_writer(path, shape, dtype, **options) as writer:
            for box in writer.slabs():
                writer.write(box, array[box.slices()])
        with open_array(path) as reader:
            assert (reader.shape, reader.dtype) == (shape, dtype)
            box = Box.between(start, stop)
            assert reader.read(box).tobytes() == array[box.slices()].tobytes()
            expected = None if suffix == ".npy" else size
            if size == (1, 1, 1) and (unit is None or suffix in UNITLESS):
                expected = reader.voxel_size  # ones without a unit may be taken for nothing
            assert reader.voxel_size == expected
            assert reader.voxel_size_unit == (None if expected is None or suffix in UNITLESS else unit)


def test_the_digest_is_that_of_every_format(tmp_path):
    """Equal voxels, equal digests, in every spelling of a suffix."""
    array = random_bits((70, 9, 8), "uint16")
    digests = set()
    for suffix, compressed in KINDS:
        path = tmp_path / f"{suffix}{compressed}" / f"a{suffix}"
        with array_writer(path, array.shape, array.dtype, compressed=compressed) as writer:
            for box in writer.slabs():
                writer.write(box, array[box.slices()])
        with open_array(path) as reader:
            digests.add(array_digest(reader))
    assert len(digests) == 1


@pytest.mark.parametrize(("suffix", "compressed"), KINDS)
def test_memory_is_that_of_a_slab(tmp_path, monkeypatch, suffix, compressed):
    """32 MiB are written and read in slabs of 4 MiB, with less than 16 MiB of Python's and numpy's memory."""
    monkeypatch.setattr(array_writer_module, "SLAB_BYTES", 2**22)
    shape = (32, 1024, 1024)
    pytest.importorskip("zarr")  # imported before memory is counted
    tracemalloc.start()
    with array_writer(tmp_path / f"a{suffix}", shape, "uint8", compressed=compressed) as writer:
        for box in writer.slabs():
            writer.write(box, np.full(box.shape, box.start[0], np.uint8))
    with open_array(tmp_path / f"a{suffix}") as reader:
        for slab, voxels in read_slabs(reader, slab_voxels=2**22):
            assert voxels[0, 5, 7] == slab.start[0]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24


@each_kind
def test_threads_share_a_reader(tmp_path, suffix, compressed):
    """Each gets the voxels that it asked for."""
    array = random_bits((16, 40, 40), "uint16")
    with array_writer(tmp_path / f"a{suffix}", array.shape, array.dtype, compressed=compressed) as writer:
        writer.write(Box.whole(array.shape), array)
    with open_array(tmp_path / f"a{suffix}") as reader, ThreadPoolExecutor(8) as pool:
        for z, plane in enumerate(pool.map(lambda z: reader[z, 3:], range(16))):
            np.testing.assert_array_equal(plane, array[z, 3:])
