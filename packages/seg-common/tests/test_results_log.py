"""Lines for a spreadsheet."""

import pytest

from seg_common.results_log import spreadsheet_line, spreadsheet_text

CELLS = {"columns": "demo/1", "name": "a run", "jaccard": 0.123456789, "voxels": 1234567, "voi": None, "ok": True}


def test_a_line_has_a_cell_for_every_column():
    """Tabs between, six significant digits, nothing for a value that could not be measured."""
    assert spreadsheet_line(CELLS) == "demo/1\ta run\t0.123457\t1234567\t\tTrue"


def test_the_header_names_the_columns():
    """On a line of its own, with as many cells."""
    header, line = spreadsheet_line(CELLS, header=True).split("\n")
    assert header == "columns\tname\tjaccard\tvoxels\tvoi\tok"
    assert header.count("\t") == line.count("\t")


def test_numbers_may_have_a_comma():
    """A German spreadsheet takes 0.5 for a date or a text; names keep their points."""
    assert spreadsheet_line({"name": "v1.5", "jaccard": 0.5}, decimal_comma=True) == "v1.5\t0,5"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d"])
def test_text_is_no_formula(sign):
    """Names come from elsewhere; numbers stay numbers, also those that are written as text."""
    assert spreadsheet_text(f'{sign}HYPERLINK("x")') == f'\'{sign}HYPERLINK("x")'
    assert spreadsheet_text(f"\t{sign}A1") == f"'\t{sign}A1"
    assert spreadsheet_text(f"a{sign}b") == f"a{sign}b"
    assert spreadsheet_line({"name": f" {sign}A1", "number": -0.5, "text": "-1e-3"}) == f"'{sign}A1\t-0.5\t-1e-3"


def test_text_cannot_break_the_row():
    """A tab or an end of line in a name becomes a space."""
    assert spreadsheet_line({"name": "a\tb\nc"}) == "a b c"
