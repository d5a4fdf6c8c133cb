"""Checking documents and what they name."""

from pathlib import Path

import pytest

from seg_common.errors import DocumentError, SegError
from seg_common.folder_checks import check_path, document_model
from seg_common.schema.volume import VolumeDocument
from seg_common.yaml_documents import write_document


def test_a_valid_document_is_named_with_its_kind(volume_folder):
    """Alone or in its folder."""
    path = volume_folder / "volume.yaml"
    assert check_path(path) == check_path(volume_folder) == {path: "volume"}


def test_a_folder_is_searched_to_the_bottom(volume_folder, training_record):
    """Files of other tools and hidden ones, such as those of a killed process, are left out."""
    write_document(volume_folder / "models" / "first" / "metadata.yaml", training_record)
    (volume_folder / ".scan.1234.partial.yaml").write_text("kind: volu")
    (volume_folder / ".git").mkdir()
    (volume_folder / ".git" / "a.yaml").write_text("kind: what")
    (volume_folder / "mkdocs.yml").write_text("site_name: other")
    (volume_folder / "list.json").write_text("[1]")
    assert list(check_path(volume_folder).values()) == ["training_record", "volume"]


def test_all_problems_of_all_documents_are_told(volume_folder):
    """One line each."""
    (volume_folder / "volume.yaml").write_text("kind: volume\nnam: scan\n")
    (volume_folder / "train.yaml").write_text("kind: training_confg\n")
    with pytest.raises(DocumentError) as caught:
        check_path(volume_folder)
    lines = str(caught.value).splitlines()
    assert "train.yaml: kind must be one of volume, " in lines[0]
    assert lines[0].endswith("got 'training_confg'; did you mean 'training_config'?")
    assert len(lines) == 6


def test_every_label_version_is_opened(volume_folder):
    """Not only the first one."""
    (volume_folder / "revised.h5").unlink()
    with pytest.raises(DocumentError, match=r"must exist; got .*revised\.h5") as caught:
        check_path(volume_folder)
    assert "expert" not in str(caught.value)


def test_voxel_weights_are_opened_too(volume_folder):
    """Beside the labels."""
    text = (volume_folder / "volume.yaml").read_text()
    assert "weights: {}" in text
    (volume_folder / "volume.yaml").write_text(
        text.replace("weights: {}", "weights:\n  a: {path: no.h5}\n  b: {path: image.h5}")
    )
    with pytest.raises(DocumentError, match=r"must exist; got .*no\.h5") as caught:
        check_path(volume_folder)
    assert "\n" not in str(caught.value)


def test_a_missing_image_is_told_once(volume_folder):
    """And not once per label version."""
    (volume_folder / "image.h5").unlink()
    with pytest.raises(DocumentError, match=r"must exist; got .*image\.h5") as caught:
        check_path(volume_folder)
    assert "\n" not in str(caught.value)


def test_a_volume_without_labels_is_checked_too(volume_folder):
    """Its image is opened all the same."""
    document = VolumeDocument(name="a", image={"path": "image.h5"}, shape=(4, 5, 6), dtype="uint16")
    write_document(volume_folder / "volume.yaml", document, overwrite=True)
    with pytest.raises(DocumentError, match=r"dtype uint16; .*uint8"):
        check_path(volume_folder)


def test_a_folder_without_documents_is_refused(tmp_path):
    """Silence would look like success."""
    with pytest.raises(SegError, match=r"must hold documents with a key kind; .*holds none"):
        check_path(tmp_path)


def test_a_missing_path_is_refused(tmp_path):
    """By its name."""
    with pytest.raises(SegError, match=r"must exist; got .*nowhere"):
        check_path(tmp_path / "nowhere")


@pytest.mark.parametrize("data", [{}, {"kind": None}, {"kind": ["volume"]}, [], None])
def test_a_document_must_name_its_kind(data):
    """Whatever stands there instead."""
    with pytest.raises(DocumentError, match=r"a\.yaml: kind must be one of volume"):
        document_model(data, Path("a.yaml"))
