"""Names from elsewhere as text of a chart."""

from __future__ import annotations

NO_WIDTH = "\N{ZERO WIDTH SPACE}"


def literal(name: str) -> str:
    r"""Keep a name from being read as a formula between dollar signs, and from being left out of legends.

    matplotlib sets what stands between two dollar signs as a formula, or fails where it is none; labels that begin with an
    underscore it hides. Ends of lines and other control characters become spaces: no SVG may hold them.

    Examples
    --------
    >>> literal("5 $ and 6 $")
    '5 \\$ and 6 \\$'
    """
    printable = "".join(sign if sign.isprintable() else " " for sign in name)
    return (NO_WIDTH if printable.startswith("_") else "") + printable.replace("$", r"\$")
