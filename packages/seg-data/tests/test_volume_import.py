"""Tests of imports, from each format."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
import tifffile
from pydantic import ValidationError

from seg_common.errors import LabelVolumeError, OutputExistsError, VolumeError
from seg_common.volume.digests import array_digest
from seg_common.volume.opened_volume import open_volume
from seg_data import AxisSplit, ImportOptions, PartitionRanges, import_volume
from seg_data.label_slices import LabelSlices
from seg_data.partitions import parse_range

IMAGE = np.arange(8 * 5 * 6, dtype=np.uint16).reshape(8, 5, 6)
LABELS = (IMAGE % 2 * 255).astype(np.uint8)


def write(path, array):
    """Write an array in the format of the suffix."""
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["ct"] = array
    elif path.suffix == ".tif":
        tifffile.imwrite(path, array, photometric="minisblack")
    else:
        array.astype(array.dtype.newbyteorder(">")).tofile(path)
        sidecar = f"kind: raw_sidecar\nshape: {list(array.shape)}\ndtype: {array.dtype.name}\nbyte_order: big\n"
        path.with_name(path.name + ".yaml").write_text(sidecar)
    return path


@pytest.mark.parametrize("suffix", [".npy", ".h5", ".tif", ".raw"])
def test_every_format_keeps_every_voxel(tmp_path, suffix):
    """Dtype and voxels are those of the source, and the digest is that of the voxels."""
    source = write(tmp_path / f"scan{suffix}", IMAGE)
    with open_volume(import_volume(source, tmp_path / "out")) as volume:
        assert np.array_equal(volume.image[:], IMAGE)
        assert volume.image.dtype == np.uint16
        assert volume.document.image.digest == array_digest(volume.image)
        assert volume.labels is None
        assert {name: box.shape[0] for name, box in volume.document.partitions.items()} == {
            "train": 4,
            "validation": 1,
            "test": 3,
        }


def test_labels_are_mapped_and_named(tmp_path):
    """0 and 255 become two named classes; names, voxel size and ranges are kept."""
    write(tmp_path / "scan.npy", IMAGE)
    write(tmp_path / "labels.npy", LABELS)
    options = ImportOptions(
        labels=str(tmp_path / "labels.npy"),
        class_names=("matrix", "fibre"),
        mapping=((255, 1),),
        voxel_size=(2.0, 1.0, 1.0),
        voxel_size_unit="um",
        partitioning=PartitionRanges((parse_range("train=z:0:6"),)),
        name="sample",
    )
    done = []
    with open_volume(
        import_volume(tmp_path / "scan.npy", tmp_path / "out", options, advance_percent=done.append)
    ) as volume:
        assert np.array_equal(volume.require_labels()[:], IMAGE % 2)
        assert volume.document.class_names == ["matrix", "fibre"]
        assert (volume.document.name, volume.document.voxel_size) == ("sample", (2.0, 1.0, 1.0))
        assert str(volume.partition("train")) == "z 0:6, y 0:5, x 0:6"
    assert sum(done) == 100


def test_ignored_labels_are_stored_as_255(tmp_path):
    """-1 does not fit uint8; the document says what stands for it. Classes without names are numbered."""
    write(tmp_path / "scan.npy", IMAGE)
    write(tmp_path / "labels.npy", IMAGE.astype(np.int16) % 3 - 1)
    options = ImportOptions(labels=str(tmp_path / "labels.npy"), ignored_label=-1)
    with open_volume(import_volume(tmp_path / "scan.npy", tmp_path / "out", options)) as volume:
        assert volume.ignored_label == 255
        assert np.unique(volume.require_labels()[:]).tolist() == [0, 1, 255]
        assert volume.document.class_names == ["class 0", "class 1"]
        assert volume.document.partitions == {}


def bad_labels(tmp_path, array, **options):
    """Import with these labels."""
    write(tmp_path / "scan.npy", IMAGE)
    write(tmp_path / "labels.npy", array)
    return import_volume(
        tmp_path / "scan.npy", tmp_path / "out", ImportOptions(labels=str(tmp_path / "labels.npy"), **options)
    )


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        (LABELS[:4], {}, r"image's shape.*\(4, 5, 6\).*\(8, 5, 6\)"),
        (LABELS.astype(np.float32), {}, "must be integers.*float32"),
        (IMAGE.astype(np.int8) % 2 - 1, {}, r"-1 \(\d+ voxels\)"),
        (LABELS, {}, "Import it with --map 0:0 --map 255:1"),
        (LABELS, {"class_names": ("matrix", "fibre")}, r"0 … 1; .*labels.npy holds 255 \(120 voxels\)"),
        (LABELS, {"class_names": ("matrix",), "mapping": ((255, 3),)}, r"labels.npy \(after --map\) holds 3"),
    ],
    ids=["shape", "float", "negative", "0-255", "outside", "mapped outside"],
)
def test_bad_labels_are_refused_and_leave_nothing(tmp_path, array, options, message):
    """Before a byte is written."""
    with pytest.raises(LabelVolumeError, match=message):
        bad_labels(tmp_path, array, **options)
    assert not (tmp_path / "out").exists()


def test_voxel_types_that_cannot_be_stored(tmp_path):
    """Complex numbers are no grey levels."""
    write(tmp_path / "scan.npy", IMAGE.astype(np.complex64))
    with pytest.raises(VolumeError, match="complex64"):
        import_volume(tmp_path / "scan.npy", tmp_path / "out")


def test_documents_are_validated_before_voxels_are_copied(tmp_path):
    """A voxel size needs a unit; repeated class names and overlapping partitions are refused likewise."""
    write(tmp_path / "scan.npy", IMAGE)
    with pytest.raises(ValidationError, match="belong together"):
        import_volume(tmp_path / "scan.npy", tmp_path / "out", ImportOptions(voxel_size=(1.0, 1.0, 1.0)))
    overlapping = PartitionRanges((parse_range("train=z:0:6"), parse_range("test=z:5:8")))
    with pytest.raises(ValidationError, match="must not overlap"):
        import_volume(tmp_path / "scan.npy", tmp_path / "out", ImportOptions(partitioning=overlapping))
    assert not (tmp_path / "out").exists()


def test_an_existing_volume_stays_unless_asked(tmp_path):
    """Overwriting replaces all of it."""
    write(tmp_path / "scan.npy", IMAGE)
    import_volume(tmp_path / "scan.npy", tmp_path / "out")
    write(tmp_path / "scan.npy", IMAGE + 1)
    with pytest.raises(OutputExistsError, match="overwrite"):
        import_volume(tmp_path / "scan.npy", tmp_path / "out")
    path = import_volume(
        tmp_path / "scan.npy", tmp_path / "out", ImportOptions(partitioning=AxisSplit()), overwrite=True
    )
    with open_volume(path) as volume:
        assert np.array_equal(volume.image[:], IMAGE + 1)


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (np.where(IMAGE % 7 == 0, 255, IMAGE % 2), {"ignored_label": 7, "class_names": ("a", "b", "c")}),
        (np.where(IMAGE % 7 == 0, 255, 0), {"ignored_label": 1, "mapping": ((2, 1),)}),
    ],
)
def test_a_hidden_255_is_refused(tmp_path, array, options):
    """255 is what ignored voxels are stored as: a class of that number would vanish among them."""
    with pytest.raises(LabelVolumeError, match=r"255 is stored for ignored voxels.*35 voxels.*--map 255:1"):
        bad_labels(tmp_path, array.astype(np.uint8), **options)


@pytest.mark.parametrize("axes", ["xyz", "yxz", "zxy", "xzy"])
def test_axes_in_another_order(tmp_path, axes):
    """Image and labels stored with other axes become (z, y, x), voxel by voxel; the voxel size moves along."""
    order = ["zyx".index(axis) for axis in axes]
    write(tmp_path / "scan.npy", np.ascontiguousarray(IMAGE.transpose(order)))
    write(tmp_path / "labels.npy", np.ascontiguousarray((IMAGE % 2).transpose(order)))
    options = ImportOptions(axes=axes, labels=str(tmp_path / "labels.npy"))
    with open_volume(import_volume(tmp_path / "scan.npy", tmp_path / "out", options)) as volume:
        assert np.array_equal(volume.image[:], IMAGE)
        assert np.array_equal(volume.require_labels()[:], IMAGE % 2)


def test_labels_and_slices_at_once_are_refused(tmp_path):
    """They may contradict each other."""
    options = ImportOptions(labels="a.tif", label_slices=LabelSlices(((0, tmp_path / "a.png"),)))
    write(tmp_path / "scan.npy", IMAGE)
    with pytest.raises(LabelVolumeError, match="got both"):
        import_volume(tmp_path / "scan.npy", tmp_path / "out", options)


def test_a_source_is_never_replaced(tmp_path):
    """A file of the volume may be imported elsewhere, not over itself."""
    write(tmp_path / "scan.npy", IMAGE)
    write(tmp_path / "labels.npy", IMAGE % 2)
    out = import_volume(
        tmp_path / "scan.npy", tmp_path / "out", ImportOptions(labels=str(tmp_path / "labels.npy"))
    ).parent
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    for source, options in [
        (out / "image.h5", ImportOptions()),
        (tmp_path / "scan.npy", ImportOptions(labels=f"{out}/labels.h5::labels")),
    ]:
        with pytest.raises(OutputExistsError, match="never replaces its source"):
            import_volume(source, out, options, overwrite=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    with open_volume(import_volume(out / "image.h5", tmp_path / "other")) as volume:
        assert np.array_equal(volume.image[:], IMAGE)
