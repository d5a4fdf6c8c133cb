"""Every format gives back every voxel, bit for bit, with its dtype, and the same digest."""

import numpy as np
import pytest
import tifffile

from seg_common.geometry.box import Box
from seg_common.schema.raw_sidecar import RawSidecar
from seg_common.volume.digests import array_digest
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import write_document

DTYPES = ["uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64"]
SHAPES = [(5, 6, 7), (1, 6, 7), (5, 1, 7), (2, 3, 1), (1, 1, 1)]


def voxels(shape, dtype):
    """Random bits, NaN and the rest of them included."""
    size = np.dtype(dtype).itemsize
    bits = np.random.default_rng(1).integers(0, 256, (*shape[:2], shape[2] * size), np.uint8)
    return bits.view(dtype)


def write_npy(path, array, **options):
    np.save(path / "a.npy", array)
    return path / "a.npy"


def write_npy_fortran(path, array):
    return write_npy(path, np.asfortranarray(array))


def write_npy_big_endian(path, array):
    return write_npy(path, array.astype(array.dtype.newbyteorder(">")))


def write_raw(path, array, order="little", header=b""):
    file = path / "a.raw"
    file.write_bytes(header + array.astype(array.dtype.newbyteorder("<" if order == "little" else ">")).tobytes())
    sidecar = RawSidecar(shape=array.shape, dtype=array.dtype.name, byte_order=order, header_bytes=len(header))
    write_document(path / "a.raw.yaml", sidecar)
    return file


def write_raw_big_endian(path, array):
    return write_raw(path, array, "big", b"header")


def write_hdf5(path, array):
    with hdf5_writer(path / "a.h5", "image", array.shape, array.dtype) as dataset:
        dataset[...] = array
    return path / "a.h5"


def write_hdf5_compressed(path, array):
    with hdf5_writer(path / "a.h5", "image", array.shape, array.dtype, compressed=True) as dataset:
        dataset[...] = array
    return path / "a.h5"


def write_hdf5_big_endian(path, array):
    with hdf5_writer(path / "a.h5", "image", array.shape, array.dtype.newbyteorder(">")) as dataset:
        dataset[...] = array
    return path / "a.h5"


def write_tiff(path, array, **options):
    tifffile.imwrite(path / "a.tif", array, photometric="minisblack", **options)
    return path / "a.tif"


def write_tiff_big_endian(path, array):
    return write_tiff(path, array, byteorder=">")


def write_tiff_deflate(path, array):
    return write_tiff(path, array, compression="zlib")


def write_tiff_lzw(path, array):
    return write_tiff(path, array, compression="lzw")


def write_tiff_tiled(path, array):
    return write_tiff(path, array, tile=(16, 16))


def write_tiff_plain_pages(path, array):
    return write_tiff(path, array, metadata=None)


def write_tiff_slice_by_slice(path, array):
    with tifffile.TiffWriter(path / "a.tif") as file:
        for plane in array:
            file.write(plane, photometric="minisblack")
    return path / "a.tif"


def write_tiff_folder(path, array):
    for z, plane in enumerate(array):
        tifffile.imwrite(path / f"slice{z + 8}.tif", plane, photometric="minisblack")  # 8, 9, 10: not the order of text
    return path


WRITERS = [
    write_npy,
    write_npy_fortran,
    write_npy_big_endian,
    write_raw,
    write_raw_big_endian,
    write_hdf5,
    write_hdf5_compressed,
    write_hdf5_big_endian,
    write_tiff,
    write_tiff_big_endian,
    write_tiff_deflate,
    write_tiff_lzw,
    write_tiff_tiled,
    write_tiff_plain_pages,
    write_tiff_slice_by_slice,
    write_tiff_folder,
]


def assert_same(path, array, tmp_path):
    with open_array(path) as reader, open_array(write_npy(tmp_path, array)) as plain:
        assert reader.shape == array.shape
        assert reader.dtype == array.dtype
        assert reader.dtype.isnative
        whole = reader[:]
        assert whole.dtype == array.dtype
        assert whole.dtype.isnative
        assert whole.tobytes() == array.tobytes()
        box = Box.between(tuple(n // 2 for n in array.shape), array.shape)
        assert reader.read(box).tobytes() == array[box.slices()].tobytes()
        assert array_digest(reader) == array_digest(plain)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("write", WRITERS)
def test_every_format_round_trips(write, dtype, tmp_path):
    """Any dtype, either byte order, compressed or not: the same bits and the same digest."""
    array = voxels((5, 6, 7), dtype)
    (tmp_path / "other").mkdir()
    assert_same(write(tmp_path, array), array, tmp_path / "other")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("write", WRITERS)
def test_axes_of_one_voxel_stay(write, shape, tmp_path):
    """A single slice is a volume too, and no axis is lost on the way."""
    array = voxels(shape, "uint16")
    (tmp_path / "other").mkdir()
    assert_same(write(tmp_path, array), array, tmp_path / "other")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(5, 6, 7), (1, 6, 7)])
def test_imagej_stacks_round_trip(shape, dtype, tmp_path):
    """Fiji writes big-endian stacks with one page directory for all slices."""
    array = voxels(shape, dtype)
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, metadata={"axes": "ZYX"})
    (tmp_path / "other").mkdir()
    assert_same(tmp_path / "a.tif", array, tmp_path / "other")


def test_bilevel_tiff_is_read_as_booleans(tmp_path):
    """Masks of one bit a voxel are common."""
    array = np.random.default_rng(0).random((3, 16, 17)) < 0.5
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack")
    with open_array(tmp_path / "a.tif") as reader:
        assert reader.dtype == bool
        np.testing.assert_array_equal(reader[:], array)
