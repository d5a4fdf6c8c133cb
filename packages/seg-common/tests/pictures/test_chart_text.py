"""Names of any script in charts, with a font made for the test."""

import io
import logging

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from PIL import ImageDraw

import seg_common.pictures.chart_text as module
from seg_common.pictures.chart_text import literal, use_installed_fonts
from seg_common.pictures.contact_sheet import Panel, contact_sheet
from seg_common.pictures.lettering import font

SIGN, NOBODY = "\u6750", "\U0002a6d6"
"""A character that the made-up font has, and one that no usual font has."""


def forget():
    for remembered in (module.family_with, module._installed_fonts, module._warn_once):
        remembered.cache_clear()


@pytest.fixture(autouse=True)
def only_usual_fonts(monkeypatch):
    """Those of matplotlib, whatever this machine has."""
    usual = [entry for entry in font_manager.fontManager.ttflist if mpl.get_data_path() in entry.fname]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", usual)
    forget()
    yield
    forget()


@pytest.fixture
def installed(tmp_path):
    """A font of one character, a square."""
    pen = TTGlyphPen(None)
    for point, draw in (
        ((100, 0), pen.moveTo),
        ((900, 0), pen.lineTo),
        ((900, 800), pen.lineTo),
        ((100, 800), pen.lineTo),
    ):
        draw(point)
    pen.closePath()
    square = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "square"])
    font.setupCharacterMap({ord(SIGN): "square"})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": square})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 100)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200, usWeightClass=400)
    font.setupPost()
    font.save(tmp_path / "squares.ttf")
    font_manager.fontManager.addfont(tmp_path / "squares.ttf")
    forget()


def chart():
    """Every kind of text: title, ticks, legend."""
    figure = Figure()
    axes = figure.subplots()
    axes.set_yticks([0, 1], [literal("pore"), literal(f"a {SIGN}")])
    axes.set_title(literal(SIGN))
    figure.legend(handles=[Patch(label=literal(f"_{SIGN}"))])
    use_installed_fonts(figure)
    return figure


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("5 $ and 6 $", r"5 \$ and 6 \$"),
        ("_hidden", "\u200b_hidden"),
        ("a\nb\x00c", "a b c"),
        (
            "\u00fc \u00b5m \u043f\u043e\u0440\u044b \u03b1 \u2013",
            "\u00fc \u00b5m \u043f\u043e\u0440\u044b \u03b1 \u2013",
        ),
        (f"a {NOBODY}", "a U+2A6D6"),
        ("", ""),
    ],
)
def test_names_become_text(name, drawn):
    assert literal(name) == drawn


def test_a_missing_font_is_told_once(caplog):
    with caplog.at_level(logging.WARNING):
        assert literal(SIGN + NOBODY) == "U+6750U+2A6D6"
        literal(SIGN)
    assert len(caplog.records) == 1
    assert "Install one, for example Noto Sans CJK" in caplog.text


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_installed_fonts_are_used_where_they_are_needed(suffix, caplog):
    """Warnings, such as that of a missing glyph, would fail; so would the formula or the hidden label."""
    assert literal(f"a {SIGN}") == f"a {SIGN}"
    figure = chart()
    with caplog.at_level(logging.WARNING):
        figure.savefig(io.BytesIO(), format=suffix)
    assert caplog.records == []
    families = {tuple(text.get_fontfamily()) for text in (figure.axes[0].title, *figure.axes[0].get_yticklabels())}
    assert families == {("DejaVu Sans", "Squares")}
    assert figure.legends[0].texts[0].get_fontfamily() == ["DejaVu Sans", "Squares"]


@pytest.mark.usefixtures("installed")
def test_charts_without_such_names_stay_as_they_are():
    figure = Figure()
    figure.subplots().set_title(literal("\u00fcber 5 \u00b5m"))
    before = figure.axes[0].title.get_fontfamily()
    use_installed_fonts(figure)
    assert figure.axes[0].title.get_fontfamily() == before


@pytest.mark.usefixtures("installed")
def test_pictures_have_letters_of_other_scripts(monkeypatch):
    """The title, the name in the legend and the caption are drawn by the font that has their character."""
    assert font(14, "pore \u00b5").getname()[0] == "DejaVu Sans"
    assert font(14, SIGN).getname()[0] == "Squares"
    assert font(14, NOBODY).getname()[0] == "DejaVu Sans"
    drawn, draw = [], ImageDraw.ImageDraw.text

    def note_and_draw(self, xy, text, fill, font, *rest, **more):
        drawn.append((text, font.getname()[0]))
        draw(self, xy, text, fill, font, *rest, **more)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", note_and_draw)
    panel = Panel(np.zeros((8, 8, 3), np.uint8), f"one\n{SIGN}")
    legend = [(SIGN, "#ff0000"), (f"a\n{NOBODY}", "#00ff00")]
    contact_sheet([panel], columns=1, title=SIGN, legend=legend)
    assert drawn[:3] == [(SIGN, "Squares"), (SIGN, "Squares"), ("a U+2A6D6", "DejaVu Sans")]
