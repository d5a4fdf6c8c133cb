"""Panels with captions in rows, a legend and a scale bar, as one picture."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from seg_common.atomic_files import atomic_write_bytes
from seg_common.pictures.overlay import rgb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

INK = "#1a1a1a"
PAPER = "#ffffff"
GAP = 8
FONT_SIZE = 13


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
    panel_side: int = 192,
) -> Image.Image:
    """Lay panels out in rows.

    Parameters
    ----------
    panels : sequence of Panel
        Pictures in reading order; each is enlarged by a whole number, or reduced, to about `panel_side`.
    columns : int
        Panels in a row.
    title : str
        Text above.
    legend : sequence of (name, color)
        Colours explained below the title.
    panel_side : int
        Longest side of a panel in pixels.

    Returns
    -------
    PIL.Image.Image
        RGB picture.
    """
    font = ImageFont.load_default(FONT_SIZE)
    title_font = ImageFont.load_default(FONT_SIZE + 5)
    pictures = [_resize(panel.picture, panel_side) for panel in panels]
    caption_lines = max((panel.caption.count("\n") + 1 for panel in panels if panel.caption), default=0)
    line = FONT_SIZE + 4
    cell_width = max([panel_side, *(p.width for p in pictures), *(_width(panel.caption, font) for panel in panels)])
    cell_height = max(p.height for p in pictures) + caption_lines * line + 4
    top = GAP + (line + 10 if title else 0) + (line + 6 if legend else 0)
    rows = math.ceil(len(panels) / columns)
    needed = [columns * (cell_width + GAP), _width(title, title_font) + GAP, _legend_width(legend, font)]
    sheet = Image.new("RGB", (math.ceil(max(needed)) + GAP, top + rows * (cell_height + GAP)), PAPER)
    draw = ImageDraw.Draw(sheet)
    if title:
        draw.text((GAP, GAP), title, INK, font=title_font)
    _draw_legend(draw, legend, top - line - 4, font)
    for index, (panel, picture) in enumerate(zip(panels, pictures, strict=True)):
        x = GAP + index % columns * (cell_width + GAP)
        y = top + index // columns * (cell_height + GAP)
        sheet.paste(picture, (x, y))
        if panel.frame:
            draw.rectangle((x - 3, y - 3, x + picture.width + 2, y + picture.height + 2), outline=panel.frame, width=3)
        draw.multiline_text((x, y + picture.height + 4), panel.caption, INK, font=font, spacing=3)
    return sheet


def with_scale_bar(
    picture: NDArray[np.uint8], voxel_size: float | None, unit: str | None, *, minimum_side: int = 0
) -> NDArray[np.uint8]:
    """Enlarge a picture by a whole number and draw a scale bar in its lower right corner.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        The slice; not modified.
    voxel_size : float or None
        Edge length of a voxel along the columns; None gives a bar in voxels.
    unit : str or None
        Unit of `voxel_size`.
    minimum_side : int
        The picture is enlarged until its shorter side has at least this many pixels.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
    """
    factor = max(1, math.ceil(minimum_side / min(picture.shape[:2])))
    image = Image.fromarray(picture).resize(
        (picture.shape[1] * factor, picture.shape[0] * factor), Image.Resampling.NEAREST
    )
    size, name = (voxel_size, unit or "") if voxel_size else (1.0, "voxels")
    length = round_length(picture.shape[1] * size / 4)
    width = max(1, round(length / size * factor))
    font = ImageFont.load_default(FONT_SIZE)
    text = f"{length:g} {name.replace('um', 'µm')}"
    draw = ImageDraw.Draw(image)
    box_width = max(width, _width(text, font)) + 12
    right, bottom = image.width - 6, image.height - 6
    draw.rectangle((right - box_width, bottom - FONT_SIZE - 18, right, bottom), fill="#000000")
    draw.rectangle((right - 6 - width, bottom - 10, right - 6, bottom - 6), fill="#ffffff")
    draw.text((right - box_width + 6, bottom - FONT_SIZE - 16), text, "#ffffff", font=font)
    return np.asarray(image)


def round_length(length: float) -> float:
    """Largest of 1, 2 and 5 times a power of ten that is at most `length`."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= length * (1 + 1e-9))


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


def _width(text: str, font: Any) -> int:
    widest: float = max(font.getlength(line) for line in text.split("\n"))
    return math.ceil(widest)


def _legend_width(legend: Sequence[tuple[str, str]], font: Any) -> int:
    return GAP + sum(FONT_SIZE + 22 + _width(name, font) for name, _ in legend)


def _draw_legend(draw: ImageDraw.ImageDraw, legend: Sequence[tuple[str, str]], y: int, font: Any) -> None:
    x = GAP
    for name, color in legend:
        draw.rectangle((x, y, x + FONT_SIZE, y + FONT_SIZE), fill=rgb(color), outline=INK)
        draw.text((x + FONT_SIZE + 6, y - 1), name, INK, font=font)
        x += FONT_SIZE + 22 + _width(name, font)
