"""One tab-separated line per run for the experiments spreadsheet, with versioned columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Cell = str | int | float | bool | None


def spreadsheet_line(cells: Mapping[str, Cell], *, header: bool = False, decimal_comma: bool = False) -> str:
    r"""Format one row, ready to paste.

    Parameters
    ----------
    cells : mapping of str to cell
        Columns in their fixed order; the first one names the version of the column set. None becomes an empty cell.
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
        return " ".join(str(cell).split())  # a tab or an end of line would break the row

    row = "\t".join(text(cell) for cell in cells.values())
    return "\t".join(cells) + "\n" + row if header else row
