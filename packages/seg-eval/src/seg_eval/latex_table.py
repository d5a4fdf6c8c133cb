"""A table for a paper, as LaTeX with the rules of booktabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "\N{EN DASH}": "--",
        "\N{MINUS SIGN}": "$-$",
        "\N{MICRO SIGN}": r"\textmu{}",
        "\N{MULTIPLICATION SIGN}": r"$\times$",
        "\n": " ",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    }
)


def escape(text: str) -> str:
    r"""Write text so that LaTeX sets it as it is.

    Examples
    --------
    >>> escape("50 % of pore_1")
    '50 \\% of pore\\_1'
    """
    return text.translate(SPECIAL)


def latex_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str, label: str, *, words: int = 1
) -> str:
    r"""Write a table with a caption above it.

    Parameters
    ----------
    heads : sequence of str
        Heads of the columns.
    rows : sequence of sequence of str
        Cells, as many in each row as heads.
    caption : str
        Sentence above the table.
    label : str
        For references, after ``tab:``.
    words : int
        Columns from the left that hold words; the others hold numbers and are set to the right.

    Returns
    -------
    str
        Text of a ``.tex`` file that a document with ``\usepackage{booktabs}`` takes in; all cells are escaped.
    """
    lines = [
        "% \\usepackage{booktabs}",
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{escape(caption)}}}",
        f"  \\label{{tab:{label}}}",
        f"  \\begin{{tabular}}{{{'l' * words}{'r' * (len(heads) - words)}}}",
        r"    \toprule",
        f"    {_row(heads)}",
        r"    \midrule",
        *(f"    {_row(row)}" for row in rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    row = " & ".join(map(escape, cells))
    # The end of the row above, or the rule, would take a bracket or a star for its own argument.
    return f"{'{}' if row.startswith(('[', '*')) else ''}{row} \\\\"
