"""Panels with captions in rows and a legend, as one picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from seg_common.atomic_files import atomic_write_bytes
from seg_common.pictures.chart_text import legible
from seg_common.pictures.lettering import font, text_width
from seg_common.pictures.overlay import rgb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

INK = "#1a1a1a"
PAPER = "#ffffff"
GAP = 8
COLUMN_GAP = 20
FONT_SIZE = 13
LINE = FONT_SIZE + 4


@dataclass(frozen=True)
class Panel:
    """One picture of a contact sheet."""

    picture: NDArray[np.uint8]
    """Shape (rows, columns, 3)."""
    caption: str
    """Text below the picture; may have several lines."""
    frame: str | None = None
    """Colour of a frame around the picture, ``#rrggbb``."""


def contact_sheet(
    panels: Sequence[Panel],
    *,
    columns: int,
    title: str = "",
    legend: Sequence[tuple[str, str]] = (),
    panel_side: int | None = 192,
) -> Image.Image:
    """Lay panels out in rows.

    Parameters
    ----------
    panels : sequence of Panel
        Pictures in reading order, at least one.
    columns : int
        Panels in a row; each row is as high as its highest panel.
    title : str
        Text above.
    legend : sequence of (name, color)
        Colours explained below the title.
    panel_side : int or None
        Longest side of a panel in pixels: pictures are enlarged by a whole number, or reduced, to about as much. None leaves
        them as they are.

    Returns
    -------
    PIL.Image.Image
        RGB picture.
    """
    title, legend = legible(title), [(legible(name), color) for name, color in legend]
    pictures = [
        Image.fromarray(panel.picture) if panel_side is None else _resize(panel.picture, panel_side) for panel in panels
    ]
    widest = max([*(p.width for p in pictures), *(text_width(panel.caption, FONT_SIZE) for panel in panels)])
    cell_width = widest + COLUMN_GAP
    heights = [
        picture.height + 4 + (panel.caption.count("\n") + 1) * LINE + GAP
        for panel, picture in zip(panels, pictures, strict=True)
    ]
    row_heights = [max(heights[first : first + columns]) for first in range(0, len(panels), columns)]
    top = GAP + (LINE + 12 if title else 0) + (LINE + 8 if legend else 0)
    needed = [
        min(columns, len(panels)) * cell_width - COLUMN_GAP,
        text_width(title, FONT_SIZE + 5),
        sum(_legend_step(name) for name, _ in legend),
    ]
    sheet = Image.new("RGB", (2 * GAP + max(needed), top + sum(row_heights)), PAPER)
    draw = ImageDraw.Draw(sheet)
    if title:
        draw.text((GAP, GAP), title, INK, font=font(FONT_SIZE + 5, title))
    _draw_legend(draw, legend, top - LINE - 6)
    for index, (panel, picture) in enumerate(zip(panels, pictures, strict=True)):
        row, column = divmod(index, columns)
        x, y = GAP + column * cell_width, top + sum(row_heights[:row])
        sheet.paste(picture, (x, y))
        if panel.frame:
            draw.rectangle((x - 3, y - 3, x + picture.width + 2, y + picture.height + 2), outline=panel.frame, width=3)
        lettering = font(FONT_SIZE, panel.caption)
        draw.multiline_text((x, y + picture.height + 4), panel.caption, INK, font=lettering, spacing=3)
    return sheet


def png_bytes(picture: Image.Image | NDArray[np.uint8]) -> bytes:
    """Encode a picture as PNG; equal pictures give equal bytes."""
    buffer = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def write_png(path: Path, picture: Image.Image | NDArray[np.uint8], *, overwrite: bool = False) -> None:
    """Write a picture atomically as PNG."""
    atomic_write_bytes(path, png_bytes(picture), overwrite=overwrite)


def _resize(picture: NDArray[np.uint8], side: int) -> Image.Image:
    image = Image.fromarray(picture)
    longest = max(image.size)
    if longest <= side:  # voxels stay crisp squares
        factor = max(1, side // longest)
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    scale = side / longest
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _legend_step(name: str) -> int:
    return FONT_SIZE + 22 + text_width(name, FONT_SIZE)


def _draw_legend(draw: ImageDraw.ImageDraw, legend: Sequence[tuple[str, str]], y: int) -> None:
    x = GAP
    for name, color in legend:
        draw.rectangle((x, y, x + FONT_SIZE, y + FONT_SIZE), fill=rgb(color), outline=INK)
        draw.text((x + FONT_SIZE + 6, y - 1), name, INK, font=font(FONT_SIZE, name))
        x += _legend_step(name)
