"""Tests of the page as a browser gets it."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest
import yaml

from seg_common.schema.crop_rejection import MinClassFraction
from seg_common.schema.crops import CropsConfig, CropsDocument
from seg_data import make_sampler, preview_crops
from seg_data.preview.tables import coverage_table, expectation_words

BAD = '"><script>alert(1)</script>'
REJECTION = MinClassFraction(class_name="pore", fraction=0.01, reject_probability=0.5)


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, text):
        super().__init__()
        self.links, self.pictures, self.tags, self.text, self.code = [], [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attributes)["href"])
        if tag == "img":
            self.pictures.append(dict(attributes))

    def handle_data(self, data):
        self.text.append(data)
        if self.tags[-1:] == ["pre"]:
            self.code += data


@pytest.fixture
def preview(sparse_volume, tmp_path):
    config = CropsConfig(shape=(4, 8, 8), rejection=REJECTION)
    return preview_crops(make_sampler(sparse_volume, config, 7), tmp_path / "preview", count=4)


def test_it_needs_nothing_but_itself(preview):
    """No script, no address elsewhere; every picture is inside, is the file beside it, and is told in words."""
    text = (preview.folder / "preview.html").read_text(encoding="utf-8")
    page = Page(text)
    assert {"script", "link"} & set(page.tags) <= {"link"}
    assert "://" not in text
    assert len(page.pictures) == 7
    files = {path.name: path.read_bytes() for path in preview.folder.glob("*.png")}
    for picture in page.pictures:
        assert base64.b64decode(picture["src"].removeprefix("data:image/png;base64,")) in files.values()
        assert len(picture["alt"]) > 30
    assert {unquote(link) for link in page.links} == {path.name for path in preview.folder.iterdir()} - {"preview.html"}


def test_it_says_how_it_was_made(preview, sparse_volume):
    """The configuration gives the same crops again; volumes are told by their digests."""
    page = Page((preview.folder / "preview.html").read_text(encoding="utf-8"))
    document = CropsDocument.model_validate(yaml.safe_load(page.code))
    assert (document.crops, document.seed) == (preview.record.config, 7)
    text = " ".join(page.text)
    assert sparse_volume.document.image.digest in text
    assert sparse_volume.label_source.digest in text
    assert "numpy" in text


def test_numbers_are_those_of_the_record(preview):
    """Crops, visits and shares."""
    text = " ".join(Page((preview.folder / "preview.html").read_text(encoding="utf-8")).text)
    record = preview.record
    assert f"{record.kept:,} of {record.offered:,} crops offered are kept" in text
    assert f"{record.visits_kept.never_fraction:.2%} of the voxels are in no kept crop" in text
    assert f"pore is {record.class_fractions_kept[2]:.2%} of the kept crops" in text
    assert expectation_words(record.sources[0].expected) in text


def test_names_from_elsewhere_stay_text(make_volume, sparse_labels, tmp_path):
    """A class name cannot become a tag, nor a formula."""
    volume = make_volume(sparse_labels, sparse_labels, class_names=("matrix", BAD, "$\\bad$"))
    rejection = MinClassFraction(class_name=BAD, fraction=0.01, reject_probability=0.5)
    sampler = make_sampler(volume, CropsConfig(shape=(4, 8, 8), rejection=rejection), 0)
    preview = preview_crops(sampler, tmp_path / "preview")
    page = Page((preview.folder / "preview.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert any(BAD in text for text in page.text)


def test_volumes_that_were_left_out_are_named(make_volume, sparse_labels, tmp_path):
    """On the page and in the record, with the reason."""
    small = make_volume(sparse_labels[:2], sparse_labels[:2])
    sampler = make_sampler([make_volume(sparse_labels, sparse_labels), small], CropsConfig(shape=(4, 8, 8)), 0)
    preview = preview_crops(sampler, tmp_path / "preview")
    (reason,) = preview.record.left_out
    assert str(small.path) in reason
    text = " ".join(Page((preview.folder / "preview.html").read_text(encoding="utf-8")).text)
    assert reason in text
    assert "a crop must fit" in text


def test_table_for_people(preview):
    """Acceptance, shares and visits in words."""
    text = coverage_table(preview.record)
    assert "acceptance rate 0." in text
    assert "pore" in text
    assert "0 (0.00 %)" in text


def test_table_without_labels(make_volume, tmp_path):
    volume = make_volume(np.arange(512, dtype=np.float32).reshape(8, 8, 8))
    preview = preview_crops(make_sampler(volume, CropsConfig(shape=(1, 4, 4)), 0), tmp_path / "preview")
    assert "shares" not in coverage_table(preview.record)
