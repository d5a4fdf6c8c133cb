"""Digests of volumes compared with their voxels."""

import h5py
import pytest
from click.testing import CliRunner

from seg_common.cli import main
from seg_common.digest_checks import recorded_arrays, require_digests
from seg_common.errors import DocumentError
from seg_common.schema.volume import ArraySource, VolumeDocument
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import read_document, write_document


def digest_of(path) -> str:
    with open_array(path) as reader:
        return array_digest(reader)


@pytest.fixture
def recorded(volume_folder):
    """The volume with digests of its image, of one of two label versions, and of weights."""
    path = volume_folder / "volume.yaml"
    document = read_document(path, VolumeDocument)
    image, expert = document.image, document.labels["expert"]
    labels = {**document.labels, "expert": expert.model_copy(update={"digest": digest_of(volume_folder / "labels.h5")})}
    changes = {
        "image": image.model_copy(update={"digest": digest_of(volume_folder / "image.h5")}),
        "labels": labels,
        "weights": {"mine": ArraySource(path="revised.h5", digest=digest_of(volume_folder / "revised.h5"))},
    }
    write_document(path, document.model_copy(update=changes), overwrite=True)
    return path


def change_a_voxel(path, dataset):
    with h5py.File(path, "r+") as file:
        file[dataset][3, 4, 5] += 1


def test_everything_with_a_digest_is_read(recorded):
    """Three arrays of four slices."""
    arrays = recorded_arrays([recorded])
    assert [(array.what, array.slices) for array in arrays] == [
        ("the image", 4),
        ("labels 'expert'", 4),
        ("weights 'mine'", 4),
    ]
    read = []
    require_digests(arrays, read.append)
    assert sum(read) == 12


def test_every_array_that_differs_is_told(recorded):
    """One line each, with both digests; a label version without a digest is nobody's business."""
    change_a_voxel(recorded.parent / "image.h5", "image")
    change_a_voxel(recorded.parent / "revised.h5", "revised")
    with pytest.raises(DocumentError) as caught:
        require_digests(recorded_arrays([recorded]), lambda _: None)
    lines = str(caught.value).splitlines()
    assert [line.partition(" must have the digest")[0] for line in lines] == ["the image", "weights 'mine'"]
    assert digest_of(recorded.parent / "image.h5") in lines[0]


def test_the_command_compares_unless_told_not_to(recorded):
    """Status 1 for a changed voxel; opening alone does not see it."""
    assert CliRunner().invoke(main, ["check", str(recorded)]).exit_code == 0
    change_a_voxel(recorded.parent / "labels.h5", "labels")
    result = CliRunner().invoke(main, ["check", str(recorded)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: labels 'expert' must have the digest that ")
    assert CliRunner().invoke(main, ["check", str(recorded), "--no-digests"]).exit_code == 0
