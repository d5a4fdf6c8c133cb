"""MetaImage: what ITK writes, headers that lie, and damaged streams."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.metaimage import ELEMENT_TYPES
from seg_common.volume.open_array import open_array

VOXELS = np.random.default_rng(0).integers(0, 60000, (3, 4, 5), np.uint16)
HEADER = """ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = True
CompressedData = False
DimSize = 5 4 3
ElementType = MET_USHORT
ElementDataFile = LOCAL
"""


def write(tmp_path, header=HEADER, voxels=None, name="a.mha"):
    data = VOXELS.astype(">u2").tobytes() if voxels is None else voxels
    (tmp_path / name).write_bytes(header.encode() + data)
    return tmp_path / name


def read(path):
    with open_array(path) as reader:
        return reader[:].copy()


@given(
    dtype=st.sampled_from(sorted(ELEMENT_TYPES.values())),
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    compressed=st.booleans(),
    suffix=st.sampled_from([".mha", ".mhd"]),
    data=st.data(),
)
def test_what_itk_writes_is_read(dtype, shape, compressed, suffix, data):
    """Any box of any array, with the voxels in the file or beside it, with its spacing."""
    size = np.dtype(dtype).itemsize
    bits = np.random.default_rng(1).integers(0, 256, (*shape[:2], shape[2] * size), np.uint8)
    array = bits.view(dtype)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing((0.25, 0.5, 2))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        SimpleITK.WriteImage(image, path, useCompression=compressed)
        with open_array(path) as reader:
            assert (reader.shape, reader.dtype) == (shape, dtype)
            assert (reader.voxel_size, reader.voxel_size_unit) == ((2, 0.5, 0.25), None)
            box = Box.between(start, stop)
            assert reader.read(box).tobytes() == array[box.slices()].tobytes()


@pytest.mark.parametrize("key", ["BinaryDataByteOrderMSB", "ElementByteOrderMSB"])
def test_big_endian_voxels_are_read_right(tmp_path, key):
    """ITK agrees."""
    path = write(tmp_path, HEADER.replace("BinaryDataByteOrderMSB", key))
    np.testing.assert_array_equal(read(path), VOXELS)
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path)), VOXELS)


@pytest.mark.parametrize(("skip", "before"), [("HeaderSize = 9\n", 9), ("HeaderSize = -1\n", 11), ("", 0)])
def test_the_voxels_may_begin_anywhere_in_their_file(tmp_path, skip, before):
    """After a header of known length, or where the file's end says."""
    (tmp_path / "a.raw").write_bytes(bytes(before) + VOXELS.astype(">u2").tobytes())
    (tmp_path / "a.mhd").write_text(skip + HEADER.replace("LOCAL", "a.raw"))
    np.testing.assert_array_equal(read(tmp_path / "a.mhd"), VOXELS)


def test_a_header_beside_a_raw_file_is_its_sidecar(tmp_path):
    """Giving either of the two means the same."""
    (tmp_path / "a.raw").write_bytes(VOXELS.astype(">u2").tobytes())
    (tmp_path / "a.mhd").write_text("ElementSpacing = 0.25 0.5 2\n" + HEADER.replace("LOCAL", "a.raw"))
    with open_array(tmp_path / "a.raw") as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)
        assert reader.voxel_size == (2, 0.5, 0.25)
    (tmp_path / "b.raw").write_bytes(bytes(120))
    (tmp_path / "b.raw.mhd").write_text(HEADER.replace("LOCAL", "a.raw"))
    with pytest.raises(VolumeError, match=r"must name it; .*b\.raw\.mhd names .*a\.raw, not .*b\.raw"):
        open_array(tmp_path / "b.raw")


def test_ones_are_no_voxel_size(tmp_path):
    """ITK writes them when nobody told it."""
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(VOXELS), tmp_path / "a.mha")
    with open_array(tmp_path / "a.mha") as reader:
        assert (reader.voxel_size, reader.voxel_size_unit) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("DimSize = 5 4 3\n", "", "must have DimSize"),
        ("ElementDataFile = LOCAL\n", "", "must have ElementDataFile"),
        ("DimSize = 5 4 3", "DimSize = 5 4 three", "numbers where they belong; .*three"),
        ("DimSize = 5 4 3", "DimSize = 5 4 2", r"= \d+; .*Check shape .2, 4, 5. "),
        ("DimSize = 5 4 3", "DimSize = 5 4 0", "must hold a voxel"),
        ("NDims = 3", "NDims = 2", "NDims must be the number of sizes"),
        ("MET_USHORT", "MET_STRING", "ElementType must be one of MET_CHAR.*'MET_STRING'"),
        ("MET_USHORT", "MET_FLOAT", "Check shape"),
        ("BinaryData = True", "BinaryData = False", "BinaryData must be True"),
        ("NDims = 3", "NDims = 3\nElementNumberOfChannels = 3", "save one channel alone"),
        ("LOCAL", "LIST", "ElementDataFile must be LOCAL or one file"),
        ("LOCAL", "a%03d.raw 1 3 1", "ElementDataFile must be LOCAL or one file"),
        ("LOCAL", "b.raw", r"names b\.raw, and .* does not exist"),
        ("CompressedData = False", "CompressedData = True", "zlib stream must be whole"),
    ],
)
def test_a_header_that_lies_is_an_error(tmp_path, old, new, words):
    """Never other voxels than those that were written."""
    assert old in HEADER
    with pytest.raises(VolumeError, match=words):
        read(write(tmp_path, HEADER.replace(old, new)))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("keep", [0, 3, 60, 0.5, 0.9, -1])
def test_a_truncated_file_is_an_error(tmp_path, compressed, keep):
    """Wherever it was cut."""
    path = tmp_path / "a.mha"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(VOXELS), path, useCompression=compressed)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with pytest.raises(VolumeError, match=r"a\.mha"):
        read(path)
