"""The letters of all pictures: DejaVu Sans, which comes with matplotlib and has µ, umlauts and dashes, else a font that has what it lacks."""

from __future__ import annotations

import math
from functools import cache

from PIL import ImageFont

from seg_common.pictures.chart_text import font_file


def font(size: int, text: str = "") -> ImageFont.FreeTypeFont:
    """Load a font that has the letters of a text, at a size in pixels."""
    return _loaded(font_file(text), size)


@cache
def _loaded(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)


def text_width(text: str, size: int) -> int:
    """Pixels of the longest line of a text."""
    return max(math.ceil(font(size, text).getlength(line)) for line in text.split("\n"))
