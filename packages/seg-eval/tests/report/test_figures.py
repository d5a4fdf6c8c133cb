"""Charts of an evaluation, as files."""

import xml.etree.ElementTree

import numpy as np
import pytest
from PIL import Image

from seg_eval.report.build import build_report
from seg_eval.report.figures import draw_figures
from seg_eval.score import score_labels

CHARTS = [
    "blob_sizes",
    "confusion",
    "detection",
    "profiles",
    "reliability",
    "representative_volume",
    "score_curves",
    "volume_fractions",
]
SECTIONS = ["overlay", "section_x", "section_y", "worst_blobs"]


def test_every_picture_is_png_svg_and_pdf(evaluated):
    pictures = evaluated[1].paths.pictures
    names = sorted([*CHARTS, *SECTIONS])
    assert sorted(path.name for path in pictures.iterdir()) == sorted(
        f"{name}.{suffix}" for name in names for suffix in ("png", "svg", "pdf")
    )
    for name in names:
        with Image.open(pictures / f"{name}.png") as picture:
            assert min(picture.size) > 100
        assert (pictures / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        svg = (pictures / f"{name}.svg").read_text(encoding="utf-8")
        assert "</svg>" in svg
        assert (
            "var(--" not in svg
        )  # only the page's own copy follows light and dark: not every program knows such colours


def test_a_report_drawn_again_is_the_same_report(copied):
    """No date and no counter inside; the page, the pictures and the tables follow from the files of the folder."""
    paths, document = copied
    drawn = [paths.report, *paths.pictures.iterdir(), *paths.latex.iterdir()]
    before = {path: path.read_bytes() for path in drawn}
    assert build_report(paths, document, overwrite=True) == []
    assert {path: path.read_bytes() for path in drawn} == before


def test_blobs_without_histograms_have_no_empty_chart(copied):
    """Earlier versions wrote none."""
    paths, document = copied

    def blobs_drawn(document):
        return "blob_sizes" in [picture.path.stem for picture in draw_figures(paths, document, None, overwrite=True)]

    earlier = {name: blobs.model_copy(update={"histogram": None}) for name, blobs in document.phase_blobs.items()}
    assert blobs_drawn(document)
    assert not blobs_drawn(document.model_copy(update={"phase_blobs": earlier}))


@pytest.mark.parametrize("shape", [(5, 1, 7), (1, 1, 1)])
def test_flat_volumes_are_drawn(tmp_path, shape):
    labels = np.zeros(shape, np.uint8)
    labels.flat[0] = 1
    np.save(tmp_path / "a.npy", labels)
    score_labels(tmp_path / "a.npy", tmp_path / "a.npy", output=tmp_path / "out")
    assert (tmp_path / "out" / "pictures" / "overlay.png").is_file()


def test_names_are_not_read_as_formulas(tmp_path):
    """Two dollar signs would be a formula, and what they hold is none; a leading underscore would hide a label."""
    labels = np.zeros((4, 40, 40), np.uint8)
    labels[:, 10:30, 10:30] = 1
    labels[:, 30:, 30:] = 2
    np.save(tmp_path / "a.npy", labels)
    names = (r"air $\wrong$ 5", "_void", "two\nlines \x1b[31m")
    drawn = score_labels(
        tmp_path / "a.npy", tmp_path / "a.npy", output=tmp_path / "out", class_names=names
    ).paths.pictures
    for svg in drawn.glob("*.svg"):
        xml.etree.ElementTree.parse(svg)
    for name in ("representative_volume", "overlay"):
        assert "_void" in (drawn / f"{name}.svg").read_text(encoding="utf-8")
    assert r"air $\wrong$ 5" in (drawn / "representative_volume.svg").read_text(encoding="utf-8")


def test_nothing_to_measure_is_drawn_as_nothing(tmp_path):
    """Every voxel ignored: fractions are unknown, and no class has a blob."""
    np.save(tmp_path / "a.npy", np.full((2, 2, 2), 9, np.uint8))
    paths = score_labels(tmp_path / "a.npy", tmp_path / "a.npy", output=tmp_path / "out", ignored_labels=[9]).paths
    assert (paths.pictures / "volume_fractions.png").is_file()
    text = paths.report.read_text(encoding="utf-8")
    assert "class 0: - of the reference found, - of the prediction right" in text
    assert "The reference says nothing about any voxel" in text


def test_many_classes_are_drawn(tmp_path):
    """More than a figure shows one by one."""
    labels = np.arange(4 * 6 * 6, dtype=np.uint8).reshape(4, 6, 6) % 30
    np.save(tmp_path / "a.npy", labels)
    evaluation = score_labels(tmp_path / "a.npy", tmp_path / "a.npy", output=tmp_path / "out")
    text = evaluation.paths.report.read_text(encoding="utf-8")
    assert "The first 8 of 30 classes." in text
