"""The files of statistics, pictures included."""

from __future__ import annotations

import io
from itertools import islice
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from seg_common.errors import OutputExistsError
from seg_common.schema.statistics import VolumeStatistics
from seg_common.yaml_documents import read_document
from seg_data.statistics.figures import PICTURES, draw_statistics
from seg_data.statistics.folder import write_statistics
from seg_data.statistics.gather import gather_statistics


def test_document_tables_and_pictures(sparse_volume, tmp_path):
    """All of them are there, and the document is read again as it was."""
    statistics = gather_statistics(sparse_volume)
    files = write_statistics(statistics, tmp_path / "s")
    assert sorted(files) == sorted(path.name for path in (tmp_path / "s").iterdir())
    assert {f"{name}.{suffix}" for name in PICTURES for suffix in ("png", "svg")} < set(files)
    assert files[-1] == "statistics.yaml"
    assert read_document(tmp_path / "s" / "statistics.yaml", VolumeStatistics) == statistics


def test_nothing_is_overwritten(sparse_volume, tmp_path):
    """One file in the way, and none is written."""
    (tmp_path / "slices_x.csv").write_text("mine")
    statistics = gather_statistics(sparse_volume)
    with pytest.raises(OutputExistsError, match="slices_x"):
        write_statistics(statistics, tmp_path)
    assert [path.name for path in tmp_path.glob("*.*")] == ["slices_x.csv"]
    write_statistics(statistics, tmp_path, overwrite=True)
    assert (tmp_path / "slices_x.csv").read_text() != "mine"


def test_pictures_show_the_colours_of_the_classes(sparse_volume):
    """In each of them."""
    statistics = gather_statistics(sparse_volume)
    pictures = dict(draw_statistics(statistics))
    colors = [tuple(int(info.color[i : i + 2], 16) for i in (1, 3, 5)) for info in statistics.classes]
    for name in PICTURES:
        pixels = np.asarray(Image.open(io.BytesIO(pictures[f"{name}.png"])).convert("RGB")).reshape(-1, 3)
        for color in colors:
            assert (pixels == color).all(axis=1).sum() > 20, (name, color)
        assert ET.fromstring(pictures[f"{name}.svg"]).tag.endswith("svg")


def test_counts_on_a_linear_axis(sparse_volume):
    """On request; and equal statistics give equal bytes."""
    statistics = gather_statistics(sparse_volume)

    def histograms(**options) -> dict[str, bytes]:
        return dict(islice(draw_statistics(statistics, **options), 2))

    log, linear = histograms(), histograms(log_counts=False)
    assert list(log) == ["histograms.png", "histograms.svg"]
    assert all(log[name] != linear[name] for name in log)
    assert histograms() == log


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 4)])
def test_thin_volumes_are_drawn(make_volume, shape):
    """A single voxel, a single slice: no pair of slices, no warning of the drawing library."""
    volume = make_volume(np.full(shape, 9, np.uint16), np.zeros(shape, np.uint8), class_names=("matrix",))
    assert len(dict(draw_statistics(gather_statistics(volume)))) == 8


def test_only_histograms_without_labels(make_volume):
    """And without any finite level, an empty one."""
    volume = make_volume(np.full((1, 2, 2), np.nan, np.float32))
    assert list(dict(draw_statistics(gather_statistics(volume)))) == ["histograms.png", "histograms.svg"]


def test_many_classes(make_volume):
    """The eight most frequent are drawn, which the picture says."""
    labels = np.minimum(np.arange(300).reshape(3, 10, 10) // 20, 11).astype(np.uint8)
    volume = make_volume(labels, labels, class_names=tuple(f"class {i}" for i in range(12)))
    pictures = draw_statistics(gather_statistics(volume))
    picture = next(data for name, data in pictures if name == "class_profiles.svg")
    assert picture.count(b"<!-- class ") == 8
    assert b"the 8 most frequent of 12 classes" in picture


def test_names_are_text_and_no_formulas(make_volume):
    """Dollar signs make a formula in matplotlib, and an error where it cannot be read as one."""
    labels = np.arange(60).reshape(3, 4, 5).astype(np.uint8) // 30
    volume = make_volume(labels, labels, class_names=("5 $ and 6 $", r"$\frac{$"))
    pictures = dict(draw_statistics(gather_statistics(volume)))
    for name in PICTURES:
        assert b"<!-- 5 $ and 6 $ -->" in pictures[f"{name}.svg"], name
        assert rb"<!-- $\frac{$ -->" in pictures[f"{name}.svg"], name
