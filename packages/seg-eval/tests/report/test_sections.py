import numpy as np
import pytest
from PIL import Image

from seg_common.pictures.overlay import FALSE_NEGATIVE, FALSE_POSITIVE, rgb
from seg_eval.score import score_labels


@pytest.fixture(autouse=True)
def no_charts(monkeypatch):
    """Only sections are looked at here."""
    monkeypatch.setattr("seg_eval.report.build.draw_figures", lambda paths, document, curves, *, overwrite: [])
    monkeypatch.setattr("seg_eval.report.build.draw_gallery", lambda paths, document, slices, *, overwrite: [])


@pytest.fixture
def labels(tmp_path):
    """A bar of class 1 in the middle slice, matrix around it."""
    reference = np.zeros((5, 20, 30), np.uint8)
    reference[2, 5:9, 5:25] = 1
    np.save(tmp_path / "truth.npy", reference)
    return reference


def test_errors_are_marked_in_their_colours(labels, tmp_path):
    """Voxels added and voxels missed, in the section across z."""
    prediction = labels.copy()
    prediction[2, 5, 5:9] = 0
    prediction[2, 15, 5:9] = 1
    np.save(tmp_path / "answer.npy", prediction)
    score_labels(tmp_path / "truth.npy", tmp_path / "answer.npy", output=tmp_path / "out")
    with Image.open(tmp_path / "out" / "pictures" / "overlay.png") as picture:
        # Rows below the legend, which shows both colours anyway.
        pixels = np.asarray(picture.convert("RGB"))[60:].reshape(-1, 3)
    for colour in (FALSE_POSITIVE, FALSE_NEGATIVE):
        assert (pixels == rgb(colour)).all(axis=1).any()


def test_the_most_frequent_class_is_the_background_whatever_its_index(labels, tmp_path):
    """With the indices swapped, what was missed of the rare class is still shown as missed."""
    prediction = labels.copy()
    prediction[2, 5] = 0
    np.save(tmp_path / "truth.npy", 1 - labels)
    np.save(tmp_path / "answer.npy", 1 - prediction)
    score_labels(tmp_path / "truth.npy", tmp_path / "answer.npy", output=tmp_path / "out")
    with Image.open(tmp_path / "out" / "pictures" / "overlay.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))[60:].reshape(-1, 3)
    assert (pixels == rgb(FALSE_NEGATIVE)).all(axis=1).any()
    assert not (pixels == rgb(FALSE_POSITIVE)).all(axis=1).any()


def test_long_voxels_look_long(made, tmp_path):
    """Voxels five times as long along z: 4 slices are as high as 20 voxels are wide."""
    image, labels = made.scan((4, 20, 20))
    volume = made.volume(tmp_path / "scan", image, labels, voxel_size=(5.0, 1.0, 1.0), voxel_size_unit="nm")
    file = volume.parent / "labels.npy"
    score_labels(file, file, volume=volume, output=tmp_path / "out")
    pictures = tmp_path / "out" / "pictures"
    with Image.open(pictures / "overlay.png") as across_z, Image.open(pictures / "section_y.png") as across_y:
        assert across_y.size == across_z.size


def test_one_slice_has_one_section(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((1, 8, 8), np.uint8))
    score_labels(tmp_path / "a.npy", tmp_path / "a.npy", output=tmp_path / "out")
    assert not (tmp_path / "out" / "pictures" / "section_y.png").exists()
