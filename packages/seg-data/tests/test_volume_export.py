"""What is exported and imported again is the same volume, bit for bit, in every format."""

import numpy as np
import pytest

from seg_common.errors import LabelVolumeError, OutputExistsError, VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.volume import ArraySource
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.open_array import open_array
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import write_document
from seg_data import ImportOptions, import_volume
from seg_data.partitions import parse_part
from seg_data.volume_export import export_volume, kept_voxel_size

SHAPE = (6, 7, 9)
IMAGE = (np.arange(np.prod(SHAPE)).reshape(SHAPE) * 37 % 60000).astype(np.uint16)
LABELS = (IMAGE % 3).astype(np.uint8)
SUFFIXES = [".tif", ".raw", ".nrrd", ".mha", ".xdmf", ".zarr", ".h5", ".npy"]
COMPRESSING = [".tif", ".nrrd", ".mha", ".xdmf", ".zarr", ".h5"]
VOXEL_SIZE = (2.5, 0.65, 0.65)


@pytest.fixture
def folder(tmp_path):
    """A volume with labels, weights and a voxel size."""
    (tmp_path / "source").mkdir()
    np.save(tmp_path / "source" / "scan.npy", IMAGE)
    np.save(tmp_path / "source" / "labels.npy", LABELS)
    options = ImportOptions(labels=str(tmp_path / "source" / "labels.npy"), voxel_size=VOXEL_SIZE, voxel_size_unit="um")
    path = import_volume(tmp_path / "source" / "scan.npy", tmp_path / "volume", options)
    with hdf5_writer(path.with_name("weights.h5"), "weights", SHAPE, np.float32) as target:
        target[:] = IMAGE / np.float32(7)
    with open_volume(path) as volume:
        weights = {"interface": ArraySource(path="weights.h5", dataset="weights")}
        partitions = {"test": Box(start=(2, 0, 3), shape=(3, 7, 4))}
        changed = volume.document.model_copy(update={"weights": weights, "partitions": partitions})
    write_document(path, changed, overwrite=True)
    return path.parent


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_exported_and_imported_again(folder, tmp_path, suffix):
    """Image and labels keep each voxel, their dtype and their digest; the voxel size stays where the format has a place."""
    done = []
    assert export_volume(folder, tmp_path / f"image{suffix}", advance=done.append) == Box.whole(SHAPE)
    export_volume(folder, tmp_path / f"labels{suffix}", "labels")
    assert sum(done) == IMAGE.size
    kept = {".npy": (None, None), ".mha": (VOXEL_SIZE, None)}.get(suffix, (VOXEL_SIZE, "um"))
    size, unit = kept_voxel_size(tmp_path / f"image{suffix}")
    assert (size and pytest.approx(size, rel=1e-6), unit) == kept
    unit = "um" if suffix == ".mha" else None  # which has no place for the unit
    options = ImportOptions(labels=str(tmp_path / f"labels{suffix}"), voxel_size_unit=unit)
    again = import_volume(tmp_path / f"image{suffix}", tmp_path / "again", options)
    with open_volume(folder) as expected, open_volume(again) as found:
        assert np.array_equal(found.image[:], IMAGE)
        assert found.document.image.digest == expected.document.image.digest
        assert found.document.labels["reference"].digest == expected.document.labels["reference"].digest
        assert (found.document.voxel_size, found.document.voxel_size_unit) == (size, unit or kept[1])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_weights_and_parts(folder, tmp_path, suffix):
    """Floats keep their bits; a partition or a box is that part of the volume."""
    export_volume(folder, tmp_path / f"w{suffix}", "weights:interface")
    with open_array(tmp_path / f"w{suffix}") as reader:
        assert np.array_equal(reader[:], IMAGE / np.float32(7))
        assert reader.dtype == np.float32
    assert str(export_volume(folder, tmp_path / f"p{suffix}", part="test")) == "z 2:5, y 0:7, x 3:7"
    export_volume(folder, tmp_path / f"b{suffix}", "labels:reference", part=parse_part("y:1:3,z:5:6"))
    with open_array(tmp_path / f"p{suffix}") as partition, open_array(tmp_path / f"b{suffix}") as box:
        assert np.array_equal(partition[:], IMAGE[2:5, :, 3:7])
        assert np.array_equal(box[:], LABELS[5:6, 1:3])


@pytest.mark.parametrize("suffix", COMPRESSING)
def test_compressed(folder, tmp_path, suffix):
    """No voxel changes."""
    export_volume(folder, tmp_path / f"labels{suffix}", "labels", compressed=True)
    with open_array(tmp_path / f"labels{suffix}") as reader:
        assert np.array_equal(reader[:], LABELS)


@pytest.mark.parametrize("suffix", [".raw", ".npy"])
def test_formats_without_compression(folder, tmp_path, suffix):
    """Refused instead of silently left away."""
    with pytest.raises(VolumeError, match="compression"):
        export_volume(folder, tmp_path / f"image{suffix}", compressed=True)


@pytest.mark.parametrize(
    ("name", "what", "part", "error", "message"),
    [
        ("a.tif", "masks", None, VolumeError, "labels:VERSION or weights:NAME; got 'masks'"),
        ("a.tif", "image:2", None, VolumeError, "got 'image:2'"),
        ("a.tif", "weights", None, VolumeError, "got 'weights'"),
        ("a.tif", "weights:rare", None, VolumeError, "it has: interface"),
        ("a.tif", "labels:expert", None, VolumeError, "it has: reference"),
        ("a.tif", "image", "train", VolumeError, "it has: test"),
        ("a.tif", "image", parse_part("z:0:7"), VolumeError, "stop ≤ 6"),
        ("a.jpg", "image", None, VolumeError, "suffix"),
    ],
)
def test_errors_leave_nothing(folder, tmp_path, name, what, part, error, message):
    """Rule, value and remedy; no output and no temporary file."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error, match=message):
        export_volume(folder, tmp_path / name, what, part=part)
    assert sorted(tmp_path.iterdir()) == before


def test_an_existing_output_stays_unless_asked(folder, tmp_path):
    """And an interrupted export leaves what was there."""
    output = tmp_path / "a.nrrd"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        export_volume(folder, output)

    def interrupt(_voxels):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_volume(folder, output, overwrite=True, advance=interrupt)
    assert output.read_bytes() == b"precious"
    export_volume(folder, output, overwrite=True)
    with open_array(output) as reader:
        assert np.array_equal(reader[:], IMAGE)


def test_a_volume_without_labels(tmp_path):
    """There is nothing to export."""
    np.save(tmp_path / "scan.npy", IMAGE)
    path = import_volume(tmp_path / "scan.npy", tmp_path / "volume", ImportOptions())
    with pytest.raises(LabelVolumeError, match="needs labels"):
        export_volume(path, tmp_path / "labels.tif", "labels")


def test_weights_of_another_shape(folder, tmp_path):
    """A file that was exchanged is noticed."""
    with hdf5_writer(folder / "weights.h5", "weights", (2, 2, 2), np.float32, overwrite=True) as target:
        target[:] = 1
    with pytest.raises(VolumeError, match=r"\(6, 7, 9\)"):
        export_volume(folder, tmp_path / "w.tif", "weights:interface")


@pytest.mark.parametrize("name", ["image.h5", "labels.h5", "weights.h5", "../volume/image.h5"])
def test_a_file_of_the_volume_is_never_replaced(folder, name):
    """Not even when other files may be."""
    before = (folder / name).read_bytes()
    with pytest.raises(OutputExistsError, match="file of its volume"):
        export_volume(folder, folder / name, "labels", overwrite=True)
    assert (folder / name).read_bytes() == before
