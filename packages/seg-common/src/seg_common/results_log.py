"""One tab-separated line per run for the experiments spreadsheet, with versioned columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Cell = str | int | float | bool | None
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with in spreadsheets, and the wide forms of these signs."""


def spreadsheet_text(text: str) -> str:
    """Keep text from elsewhere, such as the name of a class, from being run as a formula by a spreadsheet.

    Parameters
    ----------
    text : str
        Content of a cell.

    Returns
    -------
    str
        With an apostrophe before it when it begins like a formula and is no number.

    Examples
    --------
    >>> spreadsheet_text("=1+1"), spreadsheet_text("-0.5"), spreadsheet_text("fibre")
    ("'=1+1", '-0.5', 'fibre')
    """
    if not text.lstrip().startswith(FORMULA_SIGNS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def spreadsheet_line(cells: Mapping[str, Cell], *, header: bool = False, decimal_comma: bool = False) -> str:
    r"""Format one row, ready to paste.

    Parameters
    ----------
    cells : mapping of str to cell
        Columns in their fixed order; the first one names the version of the column set. None becomes an empty cell, and
        text that looks like a formula gets an apostrophe.
    header : bool
        Whether to put the column names on a line before.
    decimal_comma : bool
        Whether numbers have a comma, for spreadsheets of a locale that wants it.

    Returns
    -------
    str
        One line, or two with the header, without an end of line.

    Examples
    --------
    >>> spreadsheet_line({"columns": "demo/1", "jaccard": 0.5}, decimal_comma=True)
    'demo/1\t0,5'
    """

    def text(cell: Cell) -> str:
        if cell is None:
            return ""
        if isinstance(cell, float):
            number = f"{cell:.6g}"
            return number.replace(".", ",") if decimal_comma else number
        return spreadsheet_text(" ".join(str(cell).split()))  # a tab or an end of line would break the row

    row = "\t".join(text(cell) for cell in cells.values())
    return "\t".join(cells) + "\n" + row if header else row
