"""Every format that is written is read by a library of its own, bit for bit, and appears whole or not at all."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import nrrd
import numpy as np
import pytest
import SimpleITK
import tifffile
import yaml
import zarr
from hypothesis import given
from hypothesis import strategies as st

from seg_common.errors import OutputExistsError, VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.writing import array_writer as module
from seg_common.volume.writing.array_writer import WRITABLE_SUFFIXES, array_writer

INTEGERS = [f"{sign}int{bits}" for bits in (8, 16, 32, 64) for sign in ("u", "")]
EVERY = [*INTEGERS, "float16", "float32", "float64"]
PLAIN = [*INTEGERS, "float32", "float64"]


def read_xdmf(path):
    """As the XDMF standard says, by hand."""
    item = ET.parse(path).find(".//Attribute/DataItem")
    name, _, dataset = item.text.strip().partition(":")
    with h5py.File(path.parent / name) as file:
        voxels = file[dataset][:]
    assert [int(n) for n in item.get("Dimensions").split()] == list(voxels.shape)
    return voxels


def read_hdf5(path):
    with h5py.File(path) as file:
        return file["image"][:]


def read_raw(path):
    layout = yaml.safe_load(Path(f"{path}.yaml").read_text())
    return np.fromfile(path, np.dtype(layout["dtype"]).newbyteorder("<")).reshape(layout["shape"])


ORACLES = {
    ".tif": (tifffile.imread, EVERY),
    ".raw": (read_raw, [name for name in EVERY if not name.endswith("int64")]),
    ".npy": (np.load, [*EVERY, "bool"]),
    ".nrrd": (lambda path: nrrd.read(str(path), index_order="C")[0], PLAIN),
    ".mha": (lambda path: SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path)), PLAIN),
    ".h5": (read_hdf5, [*EVERY, "bool"]),
    ".xdmf": (read_xdmf, PLAIN),
    ".zarr": (lambda path: zarr.open_group(path, mode="r")["0"][:], [*EVERY, "bool"]),
}
KINDS = [(suffix, compressed) for suffix in ORACLES for compressed in (False, True)]
KINDS = [kind for kind in KINDS if kind not in ((".raw", True), (".npy", True))]
each_kind = pytest.mark.parametrize(("suffix", "compressed"), KINDS)


def voxels(shape, dtype, seed=0):
    """Random bits, NaN and the rest of them included."""
    dtype = np.dtype(dtype)
    bits = np.random.default_rng(seed).integers(0, 256, (*shape[:2], shape[2] * dtype.itemsize), np.uint8)
    return bits > 127 if dtype.kind == "b" else bits.view(dtype)


def write(path, array, depth=None, **options):
    with array_writer(path, array.shape, array.dtype, **options) as writer:
        starts = range(0, len(array), depth or len(array))
        boxes = [Box.between((z, 0, 0), (min(z + (depth or len(array)), len(array)), *array.shape[1:])) for z in starts]
        for box in boxes:
            writer.write(box, array[box.slices()])
    return path


@given(data=st.data(), shape=st.tuples(*[st.integers(1, 9)] * 3), depth=st.integers(1, 9))
@each_kind
def test_another_library_reads_every_voxel(suffix, compressed, data, shape, depth):
    """Any dtype that the format holds, any shape, any thickness of the slabs."""
    oracle, dtypes = ORACLES[suffix]
    array = voxels(shape, data.draw(st.sampled_from(dtypes)))
    with TemporaryDirectory() as folder:
        found = oracle(write(Path(folder) / f"a{suffix}", array, depth, compressed=compressed))
    assert found.dtype == array.dtype
    assert found.reshape(shape).tobytes() == array.tobytes()
    assert [n for n in found.shape if n > 1] == [n for n in shape if n > 1]


def test_each_suffix_has_an_oracle():
    """Those left out are other spellings."""
    spellings = {".tiff": ".tif", ".vol": ".raw", ".hdf5": ".h5", ".xmf": ".xdmf"}
    assert {spellings.get(suffix, suffix) for suffix in WRITABLE_SUFFIXES} == set(ORACLES)


def test_big_endian_voxels_are_written_right(tmp_path):
    """They may come from a file of another machine."""
    array = voxels((3, 4, 5), "uint16")
    for suffix, (oracle, _) in ORACLES.items():
        np.testing.assert_array_equal(oracle(write(tmp_path / suffix / f"a{suffix}", array.astype(">u2"))), array)


@each_kind
@pytest.mark.parametrize("dtype", ["float16", "bool", "int64", "complex64"])
def test_a_dtype_that_the_format_lacks_is_refused_before_anything_is_written(tmp_path, suffix, compressed, dtype):
    """With those that it has."""
    if dtype in ORACLES[suffix][1]:
        assert write(tmp_path / f"a{suffix}", voxels((1, 2, 3), dtype), compressed=compressed).exists()
        return
    with pytest.raises(VolumeError, match=rf"dtype must be one that {suffix} holds \(.*uint8.*got {dtype}"):
        write(tmp_path / f"a{suffix}", np.zeros((1, 2, 3), dtype), compressed=compressed)
    assert list(tmp_path.iterdir()) == []


# The voxel size


def test_imagej_finds_the_voxel_size(tmp_path):
    """In its own words and tags; the unit is that of all three."""
    path = write(tmp_path / "a.tif", voxels((3, 4, 5), "uint8"), voxel_size=(2, 0.5, 0.25), voxel_size_unit="micron")
    with tifffile.TiffFile(path) as file:
        assert file.is_imagej
        assert {"spacing": 2.0, "unit": "um", "slices": 3, "images": 3}.items() <= file.imagej_metadata.items()
        assert file.pages[0].tags["XResolution"].value == (4, 1)
        assert file.pages[0].tags["YResolution"].value == (2, 1)


@pytest.mark.parametrize(
    ("edge", "fraction"), [(0.65, (20, 13)), (0.003, (1000, 3)), (2e-9, (5 * 10**8, 1)), (1234.567, (1000, 1234567))]
)
def test_edges_are_stored_in_a_tiff_as_exact_fractions(tmp_path, edge, fraction):
    """Rounded binary fractions would come back with other digits."""
    path = write(tmp_path / "a.tif", voxels((1, 2, 3), "uint8"), voxel_size=(1, 1, edge))
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].tags["XResolution"].value == fraction


@pytest.mark.parametrize("edge", [1e-12, 1e12])
def test_an_edge_that_a_tiff_cannot_hold_is_refused(tmp_path, edge):
    """Its fractions are of 32 bits; a unit like the voxel has none of these."""
    with pytest.raises(VolumeError, match=r"holds edges .*another unit"):
        write(tmp_path / "a.tif", voxels((1, 2, 3), "uint8"), voxel_size=(1, 1, edge))
    assert list(tmp_path.iterdir()) == []


def test_what_imagej_cannot_read_says_its_voxel_size_too(tmp_path):
    """As tifffile writes metadata."""
    path = write(tmp_path / "a.tif", voxels((3, 4, 5), "float64"), voxel_size=(2, 0.5, 0.25), voxel_size_unit="mm")
    with tifffile.TiffFile(path) as file:
        assert not file.is_imagej
        assert json.loads(file.pages[0].description) == {
            "shape": [3, 4, 5],
            "axes": "ZYX",
            "spacing": 2.0,
            "unit": "mm",
        }


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize("compressed", [False, True])
def test_itk_finds_the_voxel_size(tmp_path, suffix, compressed):
    """With x first, as it names axes."""
    path = tmp_path / f"a{suffix}"
    write(path, voxels((3, 4, 5), "int16"), voxel_size=(2, 0.5, 0.25), voxel_size_unit="um", compressed=compressed)
    image = SimpleITK.ReadImage(path)
    assert image.GetSpacing() == (0.25, 0.5, 2.0)
    assert image.GetSize() == (5, 4, 3)
    if suffix == ".nrrd":
        assert nrrd.read_header(str(path))["space units"] == ["um"] * 3


def test_ilastik_finds_the_voxel_size(tmp_path):
    """In micrometres, with our own attributes beside it."""
    path = write(tmp_path / "a.h5", voxels((3, 4, 5), "int16"), voxel_size=(2, 0.5, 0.25), voxel_size_unit="mm")
    with h5py.File(path) as file:
        found = dict(file["image"].attrs)
    np.testing.assert_allclose(found.pop("element_size_um"), (2000, 500, 250))
    np.testing.assert_array_equal(found.pop("voxel_size"), (2, 0.5, 0.25))
    assert found == {"axes": "zyx", "voxel_size_unit": "mm"}


def test_xdmf_describes_cells(tmp_path):
    """One node more than voxels along each axis, and the spacing in the same order, z first."""
    path = write(tmp_path / "a b&c.xdmf", voxels((3, 4, 5), "int16"), voxel_size=(2, 0.5, 0.25), voxel_size_unit="µm")
    grid = ET.parse(path).find("Domain/Grid")
    assert grid.find("Topology").attrib == {"TopologyType": "3DCoRectMesh", "Dimensions": "4 5 6"}
    origin, spacing = grid.find("Geometry")
    assert (origin.text, spacing.text) == ("0 0 0", "2.0 0.5 0.25")
    assert grid.find("Attribute").get("Center") == "Cell"
    item = grid.find("Attribute/DataItem")
    assert item.attrib == {"Format": "HDF", "Dimensions": "3 4 5", "NumberType": "Int", "Precision": "2"}
    assert item.text == "a b&c.h5:/image"
    assert grid.find("Information").attrib == {"Name": "voxel_size_unit", "Value": "um"}


def test_ome_zarr_metadata_is_that_of_the_specification(tmp_path):
    """Version 0.5: https://ngff.openmicroscopy.org/0.5/."""
    path = write(tmp_path / "a.zarr", voxels((3, 4, 5), "int16"), voxel_size=(2, 0.5, 0.25), voxel_size_unit="um")
    group = zarr.open_group(path, mode="r")
    assert group.attrs["ome"] == {
        "version": "0.5",
        "multiscales": [
            {
                "name": "a",
                "axes": [{"name": axis, "type": "space", "unit": "micrometer"} for axis in "zyx"],
                "datasets": [
                    {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [2.0, 0.5, 0.25]}]}
                ],
            }
        ],
    }
    assert group["0"].metadata.dimension_names == ("z", "y", "x")


@pytest.mark.parametrize("size", [(1, 1), (1, 0, 1), (1, 1, float("nan")), (-1, 1, 1)])
def test_a_voxel_size_is_three_positive_lengths(tmp_path, size):
    """Before anything is written."""
    with pytest.raises(VolumeError, match="three positive lengths"):
        write(tmp_path / "a.nrrd", voxels((1, 2, 3), "uint8"), voxel_size=size)


# Order, completeness, atomicity


@each_kind
def test_an_interrupted_write_leaves_nothing(tmp_path, suffix, compressed):
    """Not even under another name."""

    def interrupted():
        with array_writer(tmp_path / f"a{suffix}", (2, 3, 4), "uint8", compressed=compressed) as writer:
            writer.write(Box.whole((1, 3, 4)), np.zeros((1, 3, 4), "uint8"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@each_kind
def test_a_missing_slice_is_an_error_and_leaves_nothing(tmp_path, suffix, compressed):
    """Forgotten slices would be zeros."""
    with (
        pytest.raises(VolumeError, match=r"every slice must be written; .*got 1 of 2"),
        array_writer(tmp_path / f"a{suffix}", (2, 3, 4), "uint8", compressed=compressed) as writer,
    ):
        writer.write(Box.whole((1, 3, 4)), np.zeros((1, 3, 4), "uint8"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("start", "shape"),
    [((1, 0, 0), (1, 3, 4)), ((0, 0, 0), (1, 2, 4)), ((0, 1, 0), (1, 2, 4)), ((0, 0, 0), (3, 3, 4))],
)
def test_slices_come_whole_and_in_order(tmp_path, start, shape):
    """The message says which come next."""
    with (
        pytest.raises(VolumeError, match=r"z 0:… of shape \(2, 3, 4\) come next; got "),
        array_writer(tmp_path / "a.h5", (2, 3, 4), "uint8") as writer,
    ):
        writer.write(Box(start=start, shape=shape), np.zeros(shape, "uint8"))


@pytest.mark.parametrize("array", [np.zeros((1, 3, 5), "uint8"), np.zeros((1, 3, 4), "uint16")])
def test_voxels_are_never_converted(tmp_path, array):
    """A cast would lose grey levels silently."""
    with (
        pytest.raises(VolumeError, match=r"shape \(1, 3, 4\) and dtype uint8; got"),
        array_writer(tmp_path / "a.h5", (2, 3, 4), "uint8") as writer,
    ):
        writer.write(Box.whole((1, 3, 4)), array)


@each_kind
def test_an_existing_output_is_replaced_only_when_asked(tmp_path, suffix, compressed):
    """With another dtype and shape, so that a file left from before would show."""
    path = tmp_path / f"a{suffix}"
    old, new = voxels((2, 3, 4), "uint8"), voxels((4, 3, 3), "uint16")
    write(path, old, compressed=compressed)
    with pytest.raises(OutputExistsError):
        write(path, new, compressed=compressed)
    oracle = ORACLES[suffix][0]
    np.testing.assert_array_equal(oracle(path), old)
    write(path, new, compressed=compressed, overwrite=True)
    np.testing.assert_array_equal(oracle(path), new)
    assert not [name for name in tmp_path.iterdir() if name.name.startswith(".")]


@pytest.mark.parametrize(("suffix", "companion"), [(".raw", "a.raw.yaml"), (".xdmf", "a.h5")])
def test_a_file_beside_it_is_kept_too(tmp_path, suffix, companion):
    """Half of a pair is somebody's file."""
    (tmp_path / companion).write_text("mine")
    with pytest.raises(OutputExistsError, match=companion):
        write(tmp_path / f"a{suffix}", voxels((2, 3, 4), "uint8"))
    assert (tmp_path / companion).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_no_zarr_is_never_replaced(tmp_path):
    """Whatever it is called."""
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="nor a folder by one of another kind"):
        write(tmp_path / "a.zarr", voxels((2, 3, 4), "uint8"), overwrite=True)
    assert (tmp_path / "a.zarr" / "thesis.txt").read_text() == "mine"


def test_slabs_cover_the_array_in_bounded_pieces(tmp_path, monkeypatch):
    """At most the bytes of a slab, or one slice."""
    monkeypatch.setattr(module, "SLAB_BYTES", 100)
    for dtype, depths in [("uint8", [8, 2]), ("uint64", [1] * 10)]:
        with array_writer(tmp_path / f"{dtype}.h5", (10, 3, 4), dtype) as writer:
            boxes = list(writer.slabs())
            for box in boxes:
                writer.write(box, np.ones(box.shape, dtype))
        assert [box.shape[0] for box in boxes] == depths
        with h5py.File(tmp_path / f"{dtype}.h5") as file:
            assert file["image"].chunks == (depths[0], 3, 4)


def test_compression_is_refused_where_there_is_none(tmp_path):
    """Rather than left out."""
    for suffix in (".raw", ".npy"):
        with pytest.raises(VolumeError, match=rf"compression .*{suffix} has none"):
            write(tmp_path / f"a{suffix}", voxels((2, 3, 4), "uint8"), compressed=True)


@each_kind
def test_compression_makes_labels_small(tmp_path, suffix, compressed):
    """And nothing else does."""
    path = write(tmp_path / f"a{suffix}", np.zeros((8, 64, 64), "uint8"), compressed=compressed)
    size = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert path.exists()
    assert (size < 12_000) == compressed


@pytest.mark.parametrize(
    ("name", "shape"), [("a.jpg", (1, 2, 3)), ("a", (1, 2, 3)), ("a.h5", (2, 3)), ("a.h5", (0, 2, 3))]
)
def test_an_unknown_suffix_or_shape_is_refused(tmp_path, name, shape):
    """With the known ones."""
    with (
        pytest.raises(VolumeError, match=r"suffix .*\.tif.*\.zarr|three axes"),
        array_writer(tmp_path / name, shape, "uint8"),
    ):
        pytest.fail("the block must not run")


def test_a_tiff_beyond_four_gigabytes_is_a_bigtiff(tmp_path):
    """The file has a hole where the zeros are, so that it takes no room."""
    shape = (33, 2**13, 2**14)

    def give_up_after_a_look():
        with array_writer(tmp_path / "a.tif", shape, "uint8", voxel_size=(2, 1, 1)):
            (temporary,) = tmp_path.iterdir()
            with tifffile.TiffFile(temporary) as file:
                assert file.is_bigtiff
                assert file.series[0].shape == shape
                assert file.shaped_metadata[0]["spacing"] == 2

    with pytest.raises(VolumeError, match="every slice"):
        give_up_after_a_look()


def test_zarr_is_an_extra(tmp_path):
    """The message says how to install it."""
    code = (
        "import sys; sys.modules['zarr'] = None\n"
        "from seg_common.volume.writing.array_writer import array_writer\n"
        f"try:\n with array_writer({str(tmp_path / 'a.zarr')!r}, (1, 2, 3), 'uint8'): pass\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("MissingDependencyError")
    assert "pip install 'seg-common[zarr]'" in shown
