"""Label versions are added without touching those that are there."""

import numpy as np
import pytest
import yaml
from PIL import Image

from seg_common.errors import LabelVolumeError, OutputExistsError
from seg_common.folder_checks import check_path
from seg_common.volume.digests import array_digest
from seg_common.volume.opened_volume import open_volume
from seg_data.label_import import LabelOrigin
from seg_data.label_slices import find_label_slices
from seg_data.label_versions import add_labels

IMAGE = np.arange(6 * 7 * 8, dtype=np.uint16).reshape(6, 7, 8)
LABELS = (IMAGE % 3).astype(np.uint8)


@pytest.fixture
def folder(make_volume):
    """A volume with the version `reference`."""
    return make_volume(IMAGE, LABELS).path.parent


def labels_file(tmp_path, array, name="more.npy"):
    """Write labels and say where they are."""
    np.save(tmp_path / name, array)
    return str(tmp_path / name)


def test_a_second_version(folder, tmp_path):
    """Mapped, digested and named after the first, which stays the default and keeps its bytes."""
    before = (folder / "labels.h5").read_bytes()
    origin = LabelOrigin(labels_file(tmp_path, np.where(LABELS == 2, 9, LABELS)), mapping=((9, 2),), ignored_label=1)
    done = []
    report = add_labels(folder, "expert-2", origin, advance_percent=done.append)
    assert sum(done) == 100
    assert report.counts == {0: 112, 2: 112, 255: 112}
    with open_volume(folder) as volume:
        assert (volume.labels_name, list(volume.document.labels)) == ("reference", ["reference", "expert-2"])
        assert volume.ignored_label is None
    with open_volume(folder, "expert-2") as volume:
        stored = volume.require_labels()
        assert np.array_equal(stored[:], np.where(LABELS == 1, 255, LABELS))
        assert volume.ignored_label == 255
        assert volume.label_source.digest == array_digest(stored)
    assert (folder / "labels.h5").read_bytes() == before
    assert check_path(folder)


def test_annotated_slices(folder, tmp_path):
    """The document says which were annotated; the voxels of all others are ignored."""
    for index in (1, 4):
        Image.fromarray(np.ascontiguousarray(LABELS[:, index])).save(tmp_path / f"y{index}.png")
    report = add_labels(folder, "sparse", LabelOrigin(find_label_slices(tmp_path, "y")))
    assert report.counts[255] == 5 * 6 * 8
    with open_volume(folder, "sparse") as volume:
        found = volume.require_labels()[:]
        assert volume.label_source.annotated.model_dump() == {"axis": "y", "indices": [1, 4]}
    assert np.array_equal(found[:, [1, 4]], LABELS[:, [1, 4]])
    assert (np.delete(found, [1, 4], axis=1) == 255).all()


def test_axes_in_another_order(folder, tmp_path):
    """As for an import."""
    add_labels(folder, "turned", LabelOrigin(labels_file(tmp_path, np.ascontiguousarray(LABELS.T)), axes="xyz"))
    with open_volume(folder, "turned") as volume:
        assert np.array_equal(volume.require_labels()[:], LABELS)


def test_replacing(folder, tmp_path):
    """Only on request; again and again; one file is left."""
    origin = LabelOrigin(labels_file(tmp_path, LABELS))
    other = LabelOrigin(labels_file(tmp_path, 2 - LABELS, "other.npy"))
    with pytest.raises(OutputExistsError, match="--overwrite"):
        add_labels(folder, "reference", origin)
    for source, expected in [(other, 2 - LABELS), (origin, LABELS), (other, 2 - LABELS)]:
        add_labels(folder, "reference", source, overwrite=True)
        with open_volume(folder) as volume:
            assert np.array_equal(volume.require_labels()[:], expected)
        assert len(list(folder.glob("labels*"))) == 1
    assert check_path(folder)


def test_an_interrupt_leaves_the_volume_as_it_was(folder, tmp_path):
    """In the middle of the copy that is to replace a version."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = []

    def interrupt(percent):
        done.append(percent)
        if sum(done) > 50:
            raise KeyboardInterrupt

    origin = LabelOrigin(labels_file(tmp_path, 2 - LABELS))
    with pytest.raises(KeyboardInterrupt):
        add_labels(folder, "reference", origin, overwrite=True, advance_percent=interrupt)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_that_no_version_names_stays(folder, tmp_path):
    """Somebody may need it."""
    (folder / "labels_mine.h5").write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="labels_mine"):
        add_labels(folder, "mine", LabelOrigin(labels_file(tmp_path, LABELS)))
    assert (folder / "labels_mine.h5").read_bytes() == b"precious"


def test_a_volume_without_classes_gets_them(make_volume, tmp_path):
    """Named, or numbered."""
    for names, expected in [(("a", "b", "c"), ["a", "b", "c"]), ((), ["class 0", "class 1", "class 2"])]:
        folder = make_volume(IMAGE, class_names=()).path.parent
        add_labels(folder, "first", LabelOrigin(labels_file(tmp_path, LABELS)), class_names=names)
        with open_volume(folder) as volume:
            assert (volume.labels_name, volume.document.class_names) == ("first", expected)
            assert len({info.color for info in volume.document.classes}) == 3


@pytest.mark.parametrize(
    ("array", "name", "class_names", "message"),
    [
        (LABELS + 1, "b", (), r"holds 3 \(112 voxels\)"),
        (LABELS[:4], "b", (), r"\(4, 7, 8\)"),
        (LABELS.astype(float), "b", (), "must be integers"),
        (LABELS, "b", ("x", "y", "z"), "matrix, fibre, pore; got x, y, z"),
        (LABELS, "../b", (), "letters, digits"),
        (LABELS, "", (), "letters, digits"),
    ],
)
def test_bad_labels_change_nothing(folder, tmp_path, array, name, class_names, message):
    """Refused before a byte is written."""
    before = yaml.safe_load((folder / "volume.yaml").read_text())
    with pytest.raises(LabelVolumeError, match=message):
        add_labels(folder, name, LabelOrigin(labels_file(tmp_path, array)), class_names=class_names)
    assert yaml.safe_load((folder / "volume.yaml").read_text()) == before
    assert sorted(path.name for path in folder.iterdir()) == ["image.h5", "labels.h5", "volume.yaml"]
