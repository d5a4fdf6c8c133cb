"""Page, figures, tables and the command."""

import csv
import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from PIL import Image

from seg_eval.cli import main
from seg_eval.comparing.compare import compare_models
from seg_eval.comparing.comparison_page import write_page
from seg_eval.comparing.comparison_tables import comparison_table, latex_scores

BAD = "</td><script>alert(1)</script>$\\evil_%"


class Page(HTMLParser):
    """Links, pictures and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.pictures, self.tags, self.text = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "a":
            self.links.append(unquote(dict(attributes)["href"]))
        if tag == "img":
            self.pictures.append(dict(attributes))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def comparison(pair, tmp_path_factory):
    """Both models, with figures."""
    return compare_models(
        [f"first={pair.model('first')}", f"{BAD}={pair.model('second')}"],
        output=tmp_path_factory.mktemp("drawn") / "out",
    )


def test_every_file_is_linked_and_every_figure_is_inside(comparison):
    root = comparison.paths.root
    page = Page(comparison.paths.page.read_text(encoding="utf-8"))
    assert set(page.links) == {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    drawn = sorted(path.stem for path in comparison.paths.pictures.glob("*.png"))
    assert drawn == ["cost", "detection_0", "detection_1", "detection_2", "differences", "fractions", "scores"]
    assert len(page.pictures) == len(drawn)
    assert all(picture["src"].startswith("data:image/png;base64,") for picture in page.pictures)
    assert all(len(picture["alt"]) > 30 for picture in page.pictures)


def test_figures_are_pictures_and_drawings(comparison):
    for file in comparison.paths.pictures.glob("*.png"):
        with Image.open(file) as picture:
            assert picture.convert("L").getextrema()[0] < 100  # something was drawn
        drawing = ElementTree.parse(file.with_suffix(".svg"))
        assert drawing.getroot().tag.endswith("svg")


def test_names_from_elsewhere_stay_text(comparison):
    page = Page(comparison.paths.page.read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert BAD in page.text
    assert r"\$\textbackslash{}evil\_\%" in latex_scores(comparison.document)
    assert "$\\evil" not in latex_scores(comparison.document)


def test_ten_members_are_all_on_the_page(comparison, tmp_path):
    member = comparison.document.members[0]
    members = [member.model_copy(update={"name": f"model {k}"}) for k in range(10)]
    document = comparison.document.model_copy(update={"members": members, "differences": []})
    paths = comparison.paths.model_copy(update={"root": tmp_path})
    write_page(paths, document, [])
    text = Page(paths.page.read_text(encoding="utf-8")).text
    assert all(f"model {k}" in text for k in range(10))


def test_tables_hold_the_numbers_of_the_document(comparison):
    document = comparison.document
    with comparison.paths.scores_table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["member"], row["class"]) for row in rows[:3]] == [("first", n) for n in ("matrix", "fibre", "pore")]
    assert float(rows[2]["jaccard"]) == document.members[0].classes[2].jaccard
    with comparison.paths.differences_table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 + 3 * 4
    with comparison.paths.confusions_table.open(newline="", encoding="utf-8") as file:
        assert sum(int(row["predicted pore"]) for row in csv.DictReader(file) if row["member"] == "first") > 0


def test_the_terminal_says_who_is_better(comparison):
    lines = comparison_table(comparison.document).splitlines()
    assert lines[0].split()[:3] == ["member", "mean", "Jaccard"]
    assert lines[2].startswith("first ")
    assert any(line.startswith("constant answer: matrix everywhere has mean Jaccard 0.") for line in lines)


def test_compare_as_a_command(pair, tmp_path):
    """The installed command from another folder, with relative paths."""
    words = ["compare", "first", "second", "--output", tmp_path / "out", "--quiet"]
    command = Path(sys.executable).with_name("seg-eval")
    done = subprocess.run([command, *words], cwd=pair.root, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"page: {tmp_path / 'out' / 'comparison.html'}"


def test_options_of_the_command(pair, tmp_path, monkeypatch):
    monkeypatch.setattr("seg_eval.comparing.comparison_figures.draw_charts", lambda paths, document: [])
    words = ["compare", pair.model("first"), f"b={pair.model('second')}", "--evaluation", "scan_test_gaussian"]
    words += ["--reference", pair.volume.parent / "labels.npy", "--allow", "data", "--allow", "scheme"]
    words += ["--output", tmp_path, "--connectivity", 1, "--block-megabytes", 1, "--overwrite", "--quiet", "--json"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert (data["kind"], data["connectivity"]) == ("comparison", 1)
    assert CliRunner().invoke(main, ["compare", "a", "b", "--allow", "all"]).exit_code == 2
    assert "at least two" in CliRunner().invoke(main, ["compare", str(pair.model("first"))]).stderr


def test_a_row_for_each_member(comparison):
    """For a spreadsheet: the folder or its document, with one header."""
    words = ["line", str(comparison.paths.root), "--header"]
    header, first, second = (line.split("\t") for line in CliRunner().invoke(main, words).stdout.splitlines())
    assert len(header) == len(first) == len(second)
    assert (first[0], first[header.index("member")]) == ("seg-eval-comparison/1", "first")
    assert float(first[header.index("mean_jaccard")]) == pytest.approx(
        comparison.document.members[0].mean_jaccard, rel=1e-5
    )
    rows = json.loads(CliRunner().invoke(main, ["line", str(comparison.paths.comparison), "--json"]).stdout)
    assert rows[1]["jaccard pore"] == comparison.document.members[1].classes[2].jaccard
