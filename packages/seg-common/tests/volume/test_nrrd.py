"""NRRD: what pynrrd and ITK write, headers that lie, and damaged streams."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import nrrd
import numpy as np
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.open_array import open_array

DTYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
VOXELS = np.random.default_rng(0).integers(0, 60000, (3, 4, 5), np.uint16)
HEADER = """NRRD0005
# a comment
type: unsigned short
dimension: 3
sizes: 5 4 3
encoding: raw
endian: big
"""


def write(tmp_path, header=HEADER, voxels=None, name="a.nrrd"):
    data = VOXELS.astype(">u2").tobytes() if voxels is None else voxels
    (tmp_path / name).write_bytes(f"{header}\n".encode() + data)
    return tmp_path / name


def random_bits(shape, dtype):
    size = np.dtype(dtype).itemsize
    bits = np.random.default_rng(1).integers(0, 256, (*shape[:2], shape[2] * size), np.uint8)
    return bits.view(dtype)


@given(
    dtype=st.sampled_from(DTYPES),
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    encoding=st.sampled_from(["raw", "gzip", "bzip2"]),
    order=st.sampled_from("<>"),
    detached=st.booleans(),
    data=st.data(),
)
def test_what_pynrrd_writes_is_read(dtype, shape, encoding, order, detached, data):
    """Any box of any array, with the voxels in the file or beside it, in either byte order."""
    array = random_bits(shape, dtype)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("a.nhdr" if detached else "a.nrrd")
        stored = array.astype(array.dtype.newbyteorder(order))
        nrrd.write(str(path), stored, {"encoding": encoding}, detached_header=detached, index_order="C")
        assert detached == (len(list(Path(folder).iterdir())) == 2)
        with open_array(path) as reader:
            assert (reader.shape, reader.dtype) == (shape, dtype)
            box = Box.between(start, stop)
            assert reader.read(box).tobytes() == array[box.slices()].tobytes()


@pytest.mark.parametrize("compressed", [False, True])
def test_what_itk_writes_is_read_with_its_spacing(tmp_path, compressed):
    """ITK names x first."""
    image = SimpleITK.GetImageFromArray(VOXELS)
    image.SetSpacing((0.25, 0.5, 2))
    SimpleITK.WriteImage(image, tmp_path / "a.nrrd", useCompression=compressed)
    with open_array(tmp_path / "a.nrrd") as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)
        assert (reader.voxel_size, reader.voxel_size_unit) == ((2, 0.5, 0.25), None)


def test_big_endian_voxels_are_read_right(tmp_path):
    """As the header says, whatever the machine."""
    with open_array(write(tmp_path)) as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)


@pytest.mark.parametrize(
    ("lines", "size", "unit"),
    [
        ("spacings: 0.25 0.5 2\n", (2, 0.5, 0.25), None),
        ('spacings: 0.25 0.5 2\nunits: "mm" "mm" "mm"\n', (2, 0.5, 0.25), "mm"),
        ('space directions: (0,0.25,0) (0.3,0,0.4) (0,0,-2)\nspace units: "micron" "µm" "um"\n', (2, 0.5, 0.25), "um"),
        ("spacings: 1 1 1\n", None, None),
        ("spacings: NaN NaN NaN\n", None, None),
        ("spacings: 1 2\n", None, None),
        ('spacings: 0.25 0.5 2\nunits: "mm" "um" "mm"\n', None, None),
    ],
)
def test_the_voxel_size_is_found_in_each_of_its_places(tmp_path, lines, size, unit):
    """The length of a direction is its edge; ones without a unit are what programs write when nobody told them."""
    with open_array(write(tmp_path, HEADER + lines)) as reader:
        assert (reader.voxel_size, reader.voxel_size_unit) == (size, unit)


def test_an_axis_of_components_is_left_out_when_it_holds_one(tmp_path):
    """It is the fastest one; its spacing is none."""
    header = HEADER.replace("dimension: 3", "dimension: 4").replace("5 4 3", "1 5 4 3")
    header += "space directions: none (3,0,0) (0,3,0) (0,0,3)\n"
    with open_array(write(tmp_path, header)) as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)
        assert reader.voxel_size == (3, 3, 3)
    with pytest.raises(VolumeError, match=r"three axes .*\(3, 4, 5, 2\)"):
        open_array(write(tmp_path, header.replace("1 5 4 3", "2 5 4 3")))


@pytest.mark.parametrize(("skips", "before"), [("byte skip: 7", 7), ("line skip: 2", 7), ("byte skip: -1", 9)])
def test_bytes_and_lines_are_skipped(tmp_path, skips, before):
    """In front of the voxels in a file of their own."""
    data = b"abc\nde\n" + bytes(before - 7) + VOXELS.astype(">u2").tobytes()
    (tmp_path / "a.bin").write_bytes(data)
    header = f"{HEADER}{skips}\ndata file: a.bin"  # without an empty line at its end
    (tmp_path / "a.nhdr").write_text(header)
    with open_array(tmp_path / "a.nhdr") as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("NRRD0005", "NRXD0005", "does not begin with NRRD"),
        ("sizes: 5 4 3\n", "", "must have the field sizes"),
        ("endian: big\n", "", "must have the field endian"),
        ("endian: big", "endian: middle", "endian must be little or big; .* 'middle'"),
        ("sizes: 5 4 3", "sizes: 5 4 x", "numbers where they belong; .*'x'"),
        ("sizes: 5 4 3", "sizes: 5 4 4", "= .*Check shape .4, 4, 5. "),
        ("sizes: 5 4 3", "sizes: 5 4 0", "must hold a voxel"),
        ("sizes: 5 4 3", "sizes: 5 -4 -3", "must hold a voxel"),
        ("dimension: 3", "dimension: 2", "dimension must be the number of sizes; .*'2'"),
        ("unsigned short", "block", "type must be a number .* 'block'"),
        ("unsigned short", "float", "header .*Check shape"),
        ("encoding: raw", "encoding: ascii", "encoding must be one of raw, gzip.*'ascii'"),
        ("encoding: raw", "encoding: gzip", "gzip stream must be whole"),
        ("encoding: raw", "encoding: raw\ndata file: LIST", "data file must be one file"),
        ("encoding: raw", "encoding: raw\ndata file: b.raw", r"names b\.raw, and .* does not exist"),
        ("encoding: raw", "encoding: raw\nbyte skip: -2", "byte skip must be 0"),
    ],
)
def test_a_header_that_lies_is_an_error(tmp_path, old, new, words):
    """Never other voxels than those that were written."""
    assert old in HEADER

    def read():
        with open_array(write(tmp_path, HEADER.replace(old, new))) as reader:
            return reader[:]

    with pytest.raises(VolumeError, match=words):
        read()


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2"])
@pytest.mark.parametrize("keep", [0, 3, 40, 0.5, -1])
def test_a_truncated_file_is_an_error(tmp_path, encoding, keep):
    """Wherever it was cut."""
    path = tmp_path / "a.nrrd"
    nrrd.write(str(path), VOXELS, {"encoding": encoding}, index_order="C")
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])

    def read():
        with open_array(path) as reader:
            return reader[:]

    with pytest.raises(VolumeError, match=r"a\.nrrd"):
        read()


@pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
def test_every_damaged_byte_of_a_stream_is_found(tmp_path, encoding):
    """The checksum at its end tells, or the voxels are right: a few bits of gzip's own header say nothing of them."""
    path = tmp_path / "a.nrrd"
    nrrd.write(str(path), VOXELS, {"encoding": encoding}, index_order="C")
    whole = path.read_bytes()
    start = re.search(rb"\n\n", whole).end()
    found = 0
    for place in range(start, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with open_array(path) as reader:
            try:
                np.testing.assert_array_equal(reader[:], VOXELS)
            except VolumeError:
                found += 1
    assert found > 0.9 * (len(whole) - start)
