"""Volumes: the document and the files it names."""

import numpy as np
import pytest

from seg_common.errors import DocumentError, LabelVolumeError, SegError, VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.open_array import open_array
from seg_common.volume.opened_volume import open_volume, volume_file
from seg_common.yaml_documents import read_text


def edit(folder, old, new):
    """Change the text of a volume.yaml."""
    text = read_text(folder / "volume.yaml")
    assert old in text
    (folder / "volume.yaml").write_text(text.replace(old, new))


def add_weights(folder, array):
    """Store voxel weights and name them."""
    with hdf5_writer(folder / "weights.h5", "weights", array.shape, array.dtype) as dataset:
        dataset[...] = array
    edit(folder, "weights: {}", "weights:\n  interface: {path: weights.h5}")


def test_a_volume_is_opened_by_its_folder_or_its_document(volume_folder, image, labels):
    """The first label version is used unless another is asked for."""
    for path in (volume_folder, str(volume_folder / "volume.yaml")):
        with open_volume(path) as volume:
            assert volume.document.name == "scan"
            assert volume.labels_name == "expert"
            assert volume.ignored_label is None
            assert volume.box == Box.whole((4, 5, 6))
            assert volume.partition("validation").start == (2, 0, 0)
            np.testing.assert_array_equal(volume.image[:], image)
            np.testing.assert_array_equal(volume.require_labels()[:], labels)


def test_a_label_version_is_chosen_by_name(volume_folder):
    """With its own ignored label."""
    with open_volume(volume_folder, "revised") as volume:
        assert volume.ignored_label == 255
        assert volume.labels[0, 0, 0] == 255


def test_files_may_lie_elsewhere(volume_folder, tmp_path, image):
    """Paths are relative to the document, or absolute."""
    (volume_folder / "image.h5").rename(tmp_path / "moved.h5")
    edit(volume_folder, "path: image.h5", "path: ../moved.h5")
    with open_volume(volume_folder) as volume:
        np.testing.assert_array_equal(volume.image[:], image)
    edit(volume_folder, "path: ../moved.h5", f"path: {tmp_path / 'moved.h5'}")
    open_volume(volume_folder).close()


def test_closing_closes_image_and_labels(volume_folder):
    """Both say so afterwards."""
    volume = open_volume(volume_folder)
    volume.close()
    for reader in (volume.image, volume.labels):
        with pytest.raises(VolumeError, match="is closed"):
            reader[0]


def test_closing_closes_what_belongs_to_the_volume(volume_folder):
    """Such as a mask that was opened for it."""
    volume, mask = open_volume(volume_folder), open_array(volume_folder / "revised.h5")
    volume.close_too(mask)
    volume.close()
    with pytest.raises(VolumeError, match="is closed"):
        mask.read(Box.whole(mask.shape))


def test_a_volume_without_labels_says_so_when_they_are_needed(volume_folder):
    """Everything else works."""
    text = read_text(volume_folder / "volume.yaml")
    start, end = text.index("labels:"), text.index("shape:")
    (volume_folder / "volume.yaml").write_text(text[:start] + text[end:])
    with open_volume(volume_folder) as volume:
        assert (volume.labels, volume.labels_name, volume.ignored_label) == (None, None, None)
        with pytest.raises(LabelVolumeError, match=r"this work needs labels; .*volume.yaml names none"):
            volume.require_labels()


def test_a_folder_without_a_document_is_no_volume(tmp_path):
    """The message says how to make one."""
    with pytest.raises(SegError, match=r"volume\.yaml or the folder that holds it; .*does not exist.*seg-data import"):
        volume_file(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ("path: image.h5", "path: no.h5", VolumeError, r"must exist; got .*no\.h5"),
        ("dataset: labels", "dataset: label", VolumeError, "no 'label', it holds: labels"),
        ("shape: [4, 5, 6]\ndtype", "shape: [4, 5, 7]\ndtype", VolumeError, r"shape \(4, 5, 7\) .*has \(4, 5, 6\)"),
        ("dtype: uint8", "dtype: uint16", VolumeError, "dtype uint16; .* and uint8. Correct the document"),
        ("labels.h5", "small.h5", LabelVolumeError, r"image's shape \(4, 5, 6\); .*has \(1, 5, 6\)"),
        ("labels.h5", "float.h5", LabelVolumeError, "labels must be integers"),
        ("name: scan", "nam: scan", DocumentError, "name: this key is required"),
    ],
)
def test_files_must_be_as_the_document_says(volume_folder, labels, old, new, error, words):
    """The message names what the document says and what was found."""
    for name, array in {"small": labels[:1], "float": labels.astype("float32")}.items():
        with hdf5_writer(volume_folder / f"{name}.h5", "labels", array.shape, array.dtype) as dataset:
            dataset[...] = array
    edit(volume_folder, old, new)
    with pytest.raises(error, match=words):
        open_volume(volume_folder)


def test_unknown_names_are_answered_with_the_known_ones(volume_folder):
    """Of label versions and of partitions."""
    with pytest.raises(VolumeError, match=r"label version .*got 'exprt', it has: expert, revised"):
        open_volume(volume_folder, "exprt")
    with open_volume(volume_folder) as volume, pytest.raises(VolumeError, match="'test', it has: train, validation"):
        volume.partition("test")


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_voxel_weights_are_opened_when_asked_for(volume_folder, image, dtype):
    """By their name; floats or integers, aligned with the image."""
    add_weights(volume_folder, (image / 2).astype(dtype))
    with open_volume(volume_folder) as volume:
        assert (volume.weights, volume.weights_name) == (None, None)
    with open_volume(volume_folder, "revised", "interface") as volume:
        assert (volume.labels_name, volume.weights_name, volume.weights.dtype) == ("revised", "interface", dtype)
        np.testing.assert_array_equal(volume.weights[:], (image / 2).astype(dtype))
    with pytest.raises(VolumeError, match="is closed"):
        volume.weights[0]


def test_voxel_weights_must_be_named_and_aligned(volume_folder, image):
    """The message names those that there are."""
    with pytest.raises(VolumeError, match=r"voxel weights must be named in .*got 'interface', it has: none"):
        open_volume(volume_folder, weights="interface")
    add_weights(volume_folder, image[:3])
    with pytest.raises(VolumeError, match=r"got 'border', it has: interface"):
        open_volume(volume_folder, weights="border")
    with pytest.raises(VolumeError, match=r"image's shape \(4, 5, 6\); .*has \(3, 5, 6\)"):
        open_volume(volume_folder, weights="interface")
    (volume_folder / "weights.h5").unlink()
    with pytest.raises(VolumeError, match=r"must exist; .*weights\.h5"):
        open_volume(volume_folder, weights="interface")
    open_volume(volume_folder).close()
