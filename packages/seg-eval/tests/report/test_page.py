"""The report as a browser gets it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from seg_common.schema.volume import ClassInfo
from seg_eval.evaluate import evaluate_volume
from seg_eval.score import score_labels


class Page(HTMLParser):
    """Links, pictures and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.pictures, self.tags, self.text = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attributes)["href"])
        if tag == "img":
            self.pictures.append(dict(attributes))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def evaluation(evaluated):
    """A finished evaluation."""
    return evaluated[1]


def test_every_file_is_linked_and_every_link_leads_to_a_file(evaluation):
    root = evaluation.paths.root
    page = Page(evaluation.paths.report.read_text(encoding="utf-8"))
    linked = {unquote(link) for link in page.links if not link.startswith("#")}
    assert linked == {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_pictures_are_inside_and_described(evaluation):
    text = evaluation.paths.report.read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.pictures) == 12
    kinds = [picture["src"].partition(";")[0] for picture in page.pictures]
    assert kinds.count("data:image/webp") == 4  # sections and the gallery are made of voxels
    assert kinds.count("data:image/svg+xml") == 8
    assert all(len(picture["alt"]) > 30 for picture in page.pictures)
    assert "http" not in text.replace("http-equiv", "")


def test_only_the_scripts_of_the_page_may_run(evaluation):
    """The policy names the digest of each, and nothing may be loaded from anywhere."""
    text = evaluation.paths.report.read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; img-src data:;")
    allowed = re.findall(r"'sha256-([^']+)'", policy)
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts] == allowed
    assert len(scripts) == 2
    assert not re.search(r"<[^>]+ on[a-z]+=", text)


def test_the_header_tells_how_the_score_came_about(evaluation):
    text = " ".join(Page(evaluation.paths.report.read_text(encoding="utf-8")).text)
    for words in (
        "model id",
        "0123456789ab",
        "batch size",
        "image size",
        "channels",
        "crops",
        "tile shape",
        "gaussian",
        "data digest",
        "Slices to look at first",
        "components of pore",
        "boundary Jaccard",
    ):
        assert words in text
    assert evaluation.document.volume.image_digest in text


def test_names_from_elsewhere_stay_text(world, tmp_path, undrawn):
    """A class name cannot become a tag or an attribute."""
    bad = '"></script><script>alert(1)</script>$&{{ 7 }}'
    evaluation = score_labels(
        world.volume.parent / "labels.npy",
        world.volume.parent / "labels.npy",
        class_names=("matrix", bad, "pore"),
        output=tmp_path / "out",
    )
    text = evaluation.paths.report.read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("script") == 3  # two scripts and the data of the viewer
    assert "<script>alert" not in text
    assert bad in "".join(page.text)
    (data,) = re.findall(r'<script type="application/json" id="viewer-data">(.*?)</script>', text, flags=re.DOTALL)
    assert json.loads(data)["classes"][1]["name"] == bad


def test_a_report_without_labels(world, made, tmp_path):
    evaluation = evaluate_volume(
        world.model, made.volume(tmp_path / "new", world.image), network=made.ThresholdNetwork()
    )
    page = Page(evaluation.paths.report.read_text(encoding="utf-8"))
    text = " ".join(page.text)
    assert "no reference labels" in text
    assert "Left out: Jaccard" in text
    assert "Confusion matrix" not in text
    assert len(page.pictures) == 7


def test_colours_of_classes_are_colours(made):
    """They are put into style attributes; the schema lets nothing else pass."""
    with pytest.raises(ValueError, match="color"):
        ClassInfo(name="pore", color="red;background:url(x)")
