"""Names from elsewhere as text of a chart or a picture: never a formula, never left out, never a row of empty boxes.

matplotlib is imported when something is drawn: some import this at the start of a command.
"""

from __future__ import annotations

import logging
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font

FAMILY = "DejaVu Sans"
"""Font of all charts: it comes with matplotlib, so that they look alike everywhere."""
PREFERRED = (
    *(
        "Noto Sans",
        "Noto Sans CJK JP",
        "Noto Sans CJK SC",
        "Noto Sans JP",
        "Noto Sans SC",
        "Noto Sans TC",
        "Noto Sans KR",
    ),
    *("Source Han Sans", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "IPAGothic", "NanumGothic"),
    *(
        "PingFang SC",
        "Hiragino Sans",
        "Apple SD Gothic Neo",
        "Microsoft YaHei",
        "Yu Gothic",
        "Malgun Gothic",
        "Nirmala UI",
    ),
    "Arial Unicode MS",
)
"""Fonts for other scripts, that usual systems have; after them any other font is asked."""
NO_LETTERS = ("Last Resort", "STIX", "cm", "DejaVu Math")
"""Beginnings of the names of fonts that draw boxes for every character, or signs of formulas."""
REGULAR = (400, "normal", "regular", "book")
NO_WIDTH = "\N{ZERO WIDTH SPACE}"


def literal(name: str) -> str:
    r"""Keep a name from being read as a formula, from being left out of legends, and from being drawn as boxes.

    matplotlib sets what stands between two dollar signs as a formula, or fails where it is none; labels that begin with an
    underscore it hides. Ends of lines and other control characters become spaces: no SVG may hold them. A character that
    no installed font has is written as its number, and a warning says once which font is wanted.

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    str
        Text for matplotlib; see `use_installed_fonts`, too.

    Examples
    --------
    >>> literal("5 $ and 6 $")
    '5 \\$ and 6 \\$'
    """
    drawn = legible(name)
    return (NO_WIDTH if drawn.startswith("_") else "") + drawn.replace("$", r"\$")


def legible(name: str) -> str:
    """Replace control characters by spaces, and characters that no installed font has by their numbers."""
    return "".join(_drawable(sign) for sign in name)


def font_file(text: str) -> str:
    """File of the first font that has every character of a text; that of charts where none has."""
    signs = {sign for sign in text if sign.isprintable() and not sign.isascii()}
    return next((file for _, file in _fonts() if all(_has(file, sign) for sign in signs)), _own_font())


def use_installed_fonts(figure: Figure) -> None:
    """Let the texts of a finished figure take characters that the font of charts lacks from other installed fonts."""
    from matplotlib.text import Text

    texts: list[Any] = list(figure.findobj(Text))
    for axes in figure.axes:
        texts += [*axes.get_xticklabels(), *axes.get_yticklabels()]
    signs = dict.fromkeys(sign for text in texts for sign in text.get_text() if not sign.isascii())
    families = list(dict.fromkeys([FAMILY, *(family for sign in signs if (family := family_with(sign)) is not None)]))
    if len(families) > 1:
        for text in texts:
            text.set_fontfamily(families)


@cache
def family_with(sign: str) -> str | None:
    """Name the first font that has a character; None when no installed one has it."""
    return next((family for family, file in _fonts() if _has(file, sign)), None)


def _fonts() -> Iterator[tuple[str, str]]:
    """Names and files: the font of charts, which is enough for nearly all, and then those that are installed."""
    yield FAMILY, _own_font()
    yield from _installed_fonts().items()


@cache
def _own_font() -> str:
    import matplotlib as mpl

    return str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")


@cache
def _installed_fonts() -> dict[str, str]:
    """Files of installed fonts by name, upright, neither bold nor narrow; preferred ones first."""
    from matplotlib import font_manager  # on a new machine, it looks through all fonts first

    found = {
        entry.name: entry.fname
        for entry in font_manager.fontManager.ttflist
        if (entry.style, entry.stretch) == ("normal", "normal")
        and entry.weight in REGULAR
        and not entry.name.startswith(NO_LETTERS)
    }
    return {family: found[family] for family in dict.fromkeys((*PREFERRED, *sorted(found))) if family in found}


def _has(file: str, sign: str) -> bool:
    return _opened(file).get_char_index(ord(sign)) != 0


@lru_cache(maxsize=64)
def _opened(file: str) -> FT2Font:
    from matplotlib.ft2font import FT2Font

    return FT2Font(file)


def _drawable(sign: str) -> str:
    if not sign.isprintable():
        return " "
    if sign.isascii() or family_with(sign) is not None:
        return sign
    _warn_once()
    return f"U+{ord(sign):04X}"


@cache
def _warn_once() -> None:
    logging.getLogger(__name__).warning(
        "warning: charts need a font that has every character of the names in them; no installed font has some, which are "
        "written as numbers such as U+6750. Install one, for example Noto Sans CJK."
    )
