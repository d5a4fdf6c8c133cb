"""Pages that hold their pictures."""

import base64
import hashlib
import io
import sys

import numpy as np
import pytest
from jinja2 import UndefinedError
from PIL import Image

from seg_common.pictures.contact_sheet import png_bytes
from seg_common.pictures.page import PagePicture, png_uri, render_page

TEMPLATE = """{% extends "page.html.j2" %}
{% from "parts.html.j2" import fact_groups, figures, file_list, swatch %}
{% block header %}<h1>{{ title | shout }}</h1>{% endblock %}
{% block main %}{{ swatch("#e69f00") }}{{ figures(pictures) }}{{ fact_groups(facts) }}{{ file_list(files) }}{% endblock %}
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a template of its own."""
    folder = tmp_path / "sample_pages"
    (folder / "templates").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "templates" / "sample.html.j2").write_text(TEMPLATE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, folder.name, raising=False)  # that of another test lies elsewhere
    return folder.name


def values(**changed):
    picture = PagePicture("crops", "a <b>", 'alt "quoted"', "data:image/png;base64,UE5H", "a b.png", 300)
    given = {
        "title": "composite",
        "generator": "test",
        "pictures": [picture],
        "facts": [("Data", [("voxels", "8")])],
        "files": [("a b.png", "a picture")],
    }
    return given | changed


def test_a_page_is_framed_styled_and_filled(package):
    text = render_page(package, "sample.html.j2", values(), filters={"shout": str.upper})
    assert text.startswith("<!doctype html>")
    assert "<title>composite</title>" in text
    assert "<h1>COMPOSITE</h1>" in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "<dt>voxels</dt><dd>8</dd>" in text
    assert text.count('href="a%20b.png"') == 2  # the picture and the list of files


def test_only_the_scripts_of_the_page_may_run(package, tmp_path):
    """Style and script are put in as they are, braces included, and the policy names the script's digest."""
    templates = tmp_path / package / "templates"
    (templates / "more.css").write_text("p > a { color: red }")
    script = 'if (1 < 2) console.log("{{ title }} $&");'
    (templates / "act.js").write_text(script)
    text = render_page(
        package, "sample.html.j2", values(), filters={"shout": str}, styles=["more.css"], scripts=["act.js"]
    )
    assert "p > a { color: red }" in text
    assert f"<script>{script}</script>" in text
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in text
    assert "script-src 'none'" in render_page(package, "sample.html.j2", values(), filters={"shout": str})


def test_what_looks_like_a_tag_is_text(package):
    """In values, in captions, in attributes."""
    bad = '"><script>alert(1)</script>'
    facts = [(bad, [(bad, bad)])]
    text = render_page(package, "sample.html.j2", values(title=bad, facts=facts), filters={"shout": str})
    assert "<script" not in text
    assert "a &lt;b&gt;" in text
    assert 'alt="alt &#34;quoted&#34;"' in text


def test_a_forgotten_value_is_an_error(package):
    """Rather than a gap that nobody sees."""
    with pytest.raises(UndefinedError, match="generator"):
        render_page(package, "sample.html.j2", {"title": "x"}, filters={"shout": str})


def test_a_picture_survives_inside_a_uri():
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    head, data = png_uri(png_bytes(picture)).split(",")
    assert head == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), picture)
