"""Zarr v2 and v3, OME-Zarr and its levels, and chunks that are missing or damaged."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.open_array import open_array, open_label_volume

DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
]
VOXELS = np.random.default_rng(0).integers(1, 60000, (5, 6, 7), np.uint16)


def write(path, array=VOXELS, zarr_format=3, **options):
    options = {"chunks": (2, 3, 4), **options}
    stored = zarr.create_array(path, shape=array.shape, dtype=array.dtype, zarr_format=zarr_format, **options)
    stored[...] = array
    return path


def multiscale(path, zarr_format, shape=VOXELS.shape, axes="zyx", unit="micrometer", scale=(2, 0.5, 0.25), **keys):
    """Two levels, the coarser one with every other voxel."""
    group = zarr.create_group(path, zarr_format=zarr_format)
    sizes = [1] * (len(axes) - 3) + list(scale)
    image = {
        "axes": [{"name": a, "type": "space", **({"unit": unit} if unit and a in "zyx" else {})} for a in axes],
        "datasets": [
            {
                "path": f"s{level}",
                "coordinateTransformations": [{"type": "scale", "scale": [n * 2**level for n in sizes]}],
            }
            for level in (0, 1)
        ],
        **keys,
    }
    for level in (0, 1):
        array = VOXELS.reshape(shape)[..., :: 2**level, :: 2**level, :: 2**level]
        group.create_array(f"s{level}", data=array, chunks=(1,) * (len(axes) - 3) + (2, 3, 4))
    group.attrs.update(
        {"multiscales": [image]} if zarr_format == 2 else {"ome": {"version": "0.5", "multiscales": [image]}}
    )
    return path


LAYOUTS = {
    "v2": {"zarr_format": 2},
    "v2 nested": {"zarr_format": 2, "chunk_key_encoding": {"name": "v2", "separator": "/"}},
    "v2 plain": {"zarr_format": 2, "compressors": None},
    "v3": {},
    "v3 plain": {"compressors": None},
    "v3 gzip": {"compressors": zarr.codecs.GzipCodec()},
    "v3 big-endian": {"serializer": zarr.codecs.BytesCodec(endian="big")},
    "v3 sharded": {"shards": (4, 6, 8)},
}


@given(
    layout=st.sampled_from(sorted(LAYOUTS)),
    dtype=st.sampled_from(DTYPES),
    shape=st.tuples(*[st.integers(1, 7)] * 3),
    data=st.data(),
)
def test_what_zarr_writes_is_read(layout, dtype, shape, data):
    """Any box of any array, in both versions, sharded or not, in either byte order."""
    bits = np.random.default_rng(1).integers(0, 256, (*shape[:2], shape[2] * np.dtype(dtype).itemsize), np.uint8)
    array = bits > 127 if dtype == "bool" else bits.view(dtype)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    with TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.zarr", array, config={"write_empty_chunks": True}, **LAYOUTS[layout])
        with open_array(path) as reader:
            assert (reader.shape, reader.dtype, reader.chunk_shape) == (shape, dtype, (2, 3, 4))
            box = Box.between(start, stop)
            assert reader.read(box).tobytes() == array[box.slices()].tobytes()


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_attributes_are_read_by_name(tmp_path, zarr_format):
    """None where the array says nothing."""
    write(tmp_path / "a.zarr", zarr_format=zarr_format, attributes={"region_start": [1, 2, 3]})
    with open_array(tmp_path / "a.zarr") as reader:
        assert reader.attribute("region_start") == [1, 2, 3]
        assert reader.attribute("nothing") is None


def test_big_endian_arrays_of_version_2_are_read(tmp_path):
    """The dtype says the order there."""
    with open_array(write(tmp_path / "a.zarr", VOXELS.astype(">u2"), zarr_format=2)) as reader:
        assert reader.dtype.isnative
        np.testing.assert_array_equal(reader[:], VOXELS)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_the_finest_level_is_read_unless_another_is_chosen(tmp_path, zarr_format):
    """With the voxel size of that level."""
    path = multiscale(tmp_path / "a.zarr", zarr_format)
    for dataset, step in [(None, 1), ("s0", 1), ("s1", 2)]:
        with open_array(path, dataset) as reader:
            assert reader.dataset == (dataset or "s0")
            np.testing.assert_array_equal(reader[:], VOXELS[::step, ::step, ::step])
            assert (reader.voxel_size, reader.voxel_size_unit) == ((2 * step, 0.5 * step, 0.25 * step), "um")
    with pytest.raises(VolumeError, match=r"no 's2', it holds: s0 \(5, 6, 7\), s1 "):
        open_array(path, "s2")


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_axes_of_length_one_are_left_out(tmp_path, zarr_format):
    """Time and channel, wherever the axes z, y, x are among them."""
    with open_array(multiscale(tmp_path / "a.zarr", zarr_format, (1, 1, *VOXELS.shape), "tczyx")) as reader:
        assert (reader.shape, reader.chunk_shape) == (VOXELS.shape, (2, 3, 4))
        np.testing.assert_array_equal(reader[1:3, 4, 2:], VOXELS[1:3, 4, 2:])
        assert reader.voxel_size == (2, 0.5, 0.25)


def test_axes_that_hold_more_are_named(tmp_path):
    """Which channel is meant cannot be told."""
    group = zarr.create_group(tmp_path / "a.zarr")
    group.create_array("0", data=np.stack([VOXELS, VOXELS]))
    axes = [{"name": name} for name in "czyx"]
    group.attrs["ome"] = {"multiscales": [{"axes": axes, "datasets": [{"path": "0"}]}]}
    with pytest.raises(VolumeError, match=r"axis c must have a length of one; .*c 2, z 5, y 6, x 7"):
        open_array(tmp_path / "a.zarr")


@pytest.mark.parametrize(
    ("names", "words"), [("xyz", "order z, y, x; .*x 5, y 6, z 7"), ("zy", r"name every axis; .*\(5, 6, 7\)")]
)
def test_axes_in_another_order_are_refused(tmp_path, names, words):
    """A volume is never turned silently."""
    group = zarr.create_group(tmp_path / "a.zarr")
    group.create_array("0", data=VOXELS)
    image = {"axes": [{"name": name} for name in names], "datasets": [{"path": "0"}]}
    group.attrs["ome"] = {"multiscales": [image]}
    with pytest.raises(VolumeError, match=words):
        open_array(tmp_path / "a.zarr")


def test_names_of_axes_of_version_3_count(tmp_path):
    """Without OME's metadata too."""
    path = write(tmp_path / "a.zarr", VOXELS[:, None], chunks=(2, 1, 3, 4), dimension_names=("z", "c", "y", "x"))
    with open_array(path) as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)


def test_the_scale_of_the_image_multiplies_that_of_the_level(tmp_path):
    """As OME-Zarr says; a translation does not matter."""
    steps = [{"type": "translation", "translation": [1, 1, 1]}, {"type": "scale", "scale": [10, 10, 10]}]
    with open_array(multiscale(tmp_path / "a.zarr", 3, coordinateTransformations=steps)) as reader:
        assert reader.voxel_size == (20, 5, 2.5)


def test_ones_without_a_unit_are_no_voxel_size(tmp_path):
    """A scale must be stated, measured or not."""
    with open_array(multiscale(tmp_path / "a.zarr", 3, unit=None, scale=(1, 1, 1))) as reader:
        assert (reader.voxel_size, reader.voxel_size_unit) == (None, None)


def test_label_images_inside_an_image_are_found_by_name(tmp_path):
    """The image is what is read unless a name is given."""
    path = multiscale(tmp_path / "a.zarr", 3)
    multiscale(path / "labels" / "cells", 3, scale=(4, 4, 4))
    zarr.open_group(path / "labels", mode="a")
    with open_array(path) as image, open_label_volume(f"{path}::labels/cells") as labels:
        assert (image.dataset, labels.dataset) == ("s0", "labels/cells/s0")
        assert labels.voxel_size == (4, 4, 4)


def test_the_one_image_of_a_collection_is_found(tmp_path):
    """As bioformats2raw writes it."""
    zarr.create_group(tmp_path / "a.zarr", attributes={"ome": {"bioformats2raw.layout": 3}})
    multiscale(tmp_path / "a.zarr" / "0", 3)
    with open_array(tmp_path / "a.zarr") as reader:
        assert (reader.dataset, reader.voxel_size) == ("0/s0", (2, 0.5, 0.25))


def test_a_group_without_levels_is_searched_like_an_hdf5_file(tmp_path):
    """The only volume, a preferred name, or a list of what is there."""
    group = zarr.create_group(tmp_path / "a")
    group.create_array("angles", data=np.zeros(4))
    group.create_array("entry/voxels", data=VOXELS)
    with open_array(tmp_path / "a") as reader:
        assert reader.dataset == "entry/voxels"
        np.testing.assert_array_equal(reader[:], VOXELS)
    group.create_array("other", data=VOXELS)
    with pytest.raises(VolumeError, match="must be named when several"):
        open_array(tmp_path / "a")
    with pytest.raises(VolumeError, match="single Zarr array has no datasets; got dataset 'x'"):
        open_array(write(tmp_path / "b.zarr"), "x")


# Damage


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_a_missing_chunk_is_an_error_and_never_zeros(tmp_path, layout):
    """What lies elsewhere is still read."""
    path = write(tmp_path / "a.zarr", **LAYOUTS[layout])
    with open_array(path) as reader:
        key = reader._array.metadata.encode_chunk_key((0, 0, 0))
        (path / key).unlink()
        with pytest.raises(
            VolumeError, match=rf"every chunk must be stored; .*a\.zarr has no chunk {key}\. Is the copy"
        ):
            reader[0]
        np.testing.assert_array_equal(reader[4], VOXELS[4])


def test_chunks_left_out_on_purpose_are_the_fill_value(tmp_path):
    """When the array's attributes say so."""
    array = np.zeros((5, 6, 7), np.uint8)
    array[4] = 1
    path = write(tmp_path / "a.zarr", array, fill_value=0)
    with open_array(path) as reader, pytest.raises(VolumeError, match="add the attribute missing_chunks: fill_value"):
        reader[:]
    zarr.open_array(path, mode="a").attrs["missing_chunks"] = "fill_value"
    with open_array(path) as reader:
        np.testing.assert_array_equal(reader[:], array)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("keep", [0, 1, 0.5, -1])
def test_a_truncated_chunk_is_an_error(tmp_path, layout, keep):
    """Compressed or not, in a shard or not."""
    path = write(tmp_path / "a.zarr", **LAYOUTS[layout])
    with open_array(path) as reader:
        chunk = path / reader._array.metadata.encode_chunk_key((0, 0, 0))
        data = chunk.read_bytes()
        chunk.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
        with pytest.raises(VolumeError, match=r"a\.zarr"):
            reader[0]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"zarr_format": 3}', '{"zarr_format": 3, "node_type": "array"}']
)
def test_damaged_metadata_is_an_error(tmp_path, text):
    """Whatever is left of it."""
    path = write(tmp_path / "a.zarr")
    (path / "zarr.json").write_text(text)
    with pytest.raises(VolumeError, match=r"Zarr; .*a\.zarr.*damaged|holds: none"):
        open_array(path)


@pytest.mark.parametrize("name", ["shape", "data_type", "codecs", "chunk_grid"])
def test_metadata_without_a_key_is_an_error(tmp_path, name):
    """The library's own words tell which."""
    path = write(tmp_path / "a.zarr")
    metadata = json.loads((path / "zarr.json").read_text())
    del metadata[name]
    (path / "zarr.json").write_text(json.dumps(metadata))
    with pytest.raises(VolumeError, match=r"readable Zarr; .*a\.zarr.*damaged"):
        open_array(path)


def test_an_empty_folder_is_no_zarr(tmp_path):
    """Whatever its name says."""
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(VolumeError, match="readable Zarr"):
        open_array(tmp_path / "a.zarr")


def test_levels_that_the_metadata_names_must_exist(tmp_path):
    """A copy may have left one out."""
    path = multiscale(tmp_path / "a.zarr", 3)
    shutil.rmtree(path / "s0")
    with pytest.raises(VolumeError, match="no 's0', it holds: s1"):
        open_array(path)


def test_zarr_is_an_extra(tmp_path):
    """The message says how to install it."""
    path = write(tmp_path / "a.zarr")
    code = (
        "import sys; sys.modules['zarr'] = None\n"
        "from seg_common import open_array\n"
        f"try: open_array({str(path)!r})\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("MissingDependencyError")
    assert "pip install 'seg-common[zarr]'" in shown
