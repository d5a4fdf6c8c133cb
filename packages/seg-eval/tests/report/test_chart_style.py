"""Names that have to stay inside their margins."""

import pytest

import seg_eval.report.chart_style as module
from seg_eval.report.chart_style import room, shortened


@pytest.mark.parametrize(
    ("name", "letters", "shown"),
    [
        ("", 3, ""),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde\u2026"),
        ("\u6750\u6750\u6750", 6, "\u6750\u6750\u6750"),
        ("\u6750\u6750\u6750\u6750", 6, "\u6750\u6750\u2026"),
        ("a\u6750b\u6750", 4, "a\u6750\u2026"),
        ("ab\u6750c", 4, "ab\u2026"),
    ],
)
def test_long_names_are_cut_by_the_room_that_they_take(monkeypatch, name, letters, shown):
    """On a machine that has a font for all of them."""
    monkeypatch.setattr(module, "legible", lambda name: name)
    assert shortened(name, letters) == shown
    assert room(shown) <= letters


def test_letters_without_a_font_are_cut_as_the_numbers_that_they_become(monkeypatch):
    monkeypatch.setattr(module, "legible", lambda name: name.replace("\u6750", "U+6750"))
    assert shortened("\u6750 a", 8) == "U+6750 a"
    assert shortened("\u6750\u6750", 8) == "U+6750U\u2026"
