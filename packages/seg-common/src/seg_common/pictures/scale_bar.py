"""A bar of a round physical length in the corner of a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from seg_common.pictures.lettering import font, text_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

FONT_SIZE = 13
PADDING = 6
HEIGHT = FONT_SIZE + 18
ROOM = 28
"""Pixels beside the label that a picture must have."""
METRIC = ("nm", "um", "mm", "m")
VOXELS = "voxels"
"""Unit of a bar where nobody knows the voxel size."""


def scale_bar(picture: NDArray[np.uint8], pixel_size: float | None, unit: str | None) -> NDArray[np.uint8]:
    """Draw a scale bar in the lower right corner of a picture, whose pixels stay as many as they are.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        Not modified.
    pixel_size : float or None
        Edge length of a pixel along the columns; None gives a bar in voxels, of which each is taken as one pixel.
    unit : str or None
        Unit of `pixel_size`; ``nm``, ``um``, ``mm`` and ``m`` are changed into each other for a short label.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        Without a bar where the picture is too small for its label.

    Examples
    --------
    >>> picture = np.zeros((60, 200, 3), np.uint8)
    >>> marked = scale_bar(picture, 0.5, "um")
    >>> int((marked[60 - 14] == 255).all(axis=-1).sum())  # a bar of 20 µm
    40
    """
    size, name = (pixel_size, unit or "") if pixel_size else (1.0, VOXELS)
    return _draw(picture, size, name) if _fits(picture, size, name) else picture.copy()


def with_scale_bar(
    picture: NDArray[np.uint8], voxel_size: float | None, unit: str | None, *, minimum_side: int = 0
) -> NDArray[np.uint8]:
    """Enlarge a picture by a whole number and draw a scale bar in its lower right corner.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        The slice, one pixel for each voxel; not modified.
    voxel_size : float or None
        Edge length of a voxel along the columns; None gives a bar in voxels.
    unit : str or None
        Unit of `voxel_size`.
    minimum_side : int
        The picture is enlarged until its shorter side has at least this many pixels, and in any case until the bar's
        label fits.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
    """
    rows, columns = picture.shape[:2]
    size, name = (voxel_size, unit or "") if voxel_size else (1.0, VOXELS)
    room = _label_width(columns * size, name) + ROOM
    factor = max(
        1,
        *(
            math.ceil(least / side)
            for least, side in [(minimum_side, min(rows, columns)), (room, columns), (room / 2, rows)]
        ),
    )
    enlarged = picture.repeat(factor, axis=0).repeat(factor, axis=1)
    return _draw(enlarged, size / factor, name)


def round_length(length: float) -> float:
    """Largest of 1, 2 and 5 times a power of ten that is at most `length`."""
    power = 10.0 ** math.floor(math.log10(length) + 1e-9)  # 9.999999999 is a rounded ten
    return max(factor * power for factor in (1, 2, 5) if factor * power <= length * (1 + 1e-9))


def quantity(length: float, unit: str) -> str:
    """Write a length with the metric unit in which it has at most three digits before the point.

    Examples
    --------
    >>> quantity(2500, "um"), quantity(20, "voxels")
    ('2.5 mm', '20 voxels')
    """
    while length >= 1000 and unit in METRIC[:-1]:
        length, unit = length / 1000, METRIC[METRIC.index(unit) + 1]
    return f"{length:g} {'µm' if unit == 'um' else unit}"


def _draw(picture: NDArray[np.uint8], pixel_size: float, unit: str) -> NDArray[np.uint8]:
    length = round_length(picture.shape[1] * pixel_size / 4)
    text = quantity(length, unit)
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    width = max(1, round(length / pixel_size))
    box_width = max(width, text_width(text, FONT_SIZE)) + 2 * PADDING
    right, bottom = image.width - PADDING, image.height - PADDING
    draw.rectangle((right - box_width, bottom - HEIGHT, right, bottom), fill="#000000")
    draw.rectangle((right - 5 - width, bottom - 10, right - 6, bottom - 6), fill="#ffffff")
    draw.text((right - 6, bottom - FONT_SIZE - 16), text, "#ffffff", font=font(FONT_SIZE), anchor="ra")
    return np.asarray(image)


def _label_width(extent: float, unit: str) -> int:
    """Pixels of the label of the bar in a picture that shows a length."""
    return text_width(quantity(round_length(extent / 4), unit), FONT_SIZE)


def _fits(picture: NDArray[np.uint8], pixel_size: float, unit: str) -> bool:
    rows, columns = picture.shape[:2]
    room = (HEIGHT + 2 * PADDING, _label_width(columns * pixel_size, unit) + ROOM)
    return bool(rows >= room[0] and columns >= room[1])
