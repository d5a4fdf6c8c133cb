"""The font of all pictures: DejaVu Sans, which comes with matplotlib and has µ, umlauts and dashes."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import matplotlib as mpl
from PIL import ImageFont


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Load the font at a size in pixels."""
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)


def text_width(text: str, size: int) -> int:
    """Pixels of the longest line of a text."""
    return max(math.ceil(font(size).getlength(line)) for line in text.split("\n"))
