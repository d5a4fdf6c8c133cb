"""Panels as parts of a figure: voxels as they are, with a scale bar that can be edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from seg_common.pictures.scale_bar import quantity, round_length

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seg_eval.report.panels import SlicePanel

FONT_SIZE = 6
LETTER_WIDTH = 0.62
"""Width of a letter of the font, in its size, on average."""


def draw_bar(axes: Axes, panel: SlicePanel, pixel_size: float | None, unit: str | None) -> None:
    """Draw a scale bar of about a quarter of the width into the lower right corner of a panel.

    Parameters
    ----------
    axes : Axes
        Where the panel is drawn, one unit for each pixel.
    panel : SlicePanel
        The panel.
    pixel_size : float or None
        Edge length of a pixel; None gives a bar in voxels.
    unit : str or None
        Unit of `pixel_size`.
    """
    height, width = panel.picture.shape[:2]
    size = pixel_size or 1.0
    length = round_length(width * size / 4)
    text = quantity(length, unit or "voxels" if pixel_size else "voxels")
    figure = axes.figure.get_figure(root=True)
    assert figure is not None
    points = axes.get_position().width * figure.get_figwidth() * 72 / width  # of one pixel
    letters = len(text) * LETTER_WIDTH * FONT_SIZE / points
    line, pad = FONT_SIZE / points, 2 / points
    pixels = length / size
    box = max(pixels, letters) + 2 * pad
    right, bottom = width - 0.5 - pad, height - 0.5 - pad
    axes.add_patch(Rectangle((right - box, bottom - 1.9 * line), box, 1.9 * line, color="black", linewidth=0))
    axes.add_patch(
        Rectangle((right - pad - pixels, bottom - 0.55 * line), pixels, 0.3 * line, color="white", linewidth=0)
    )
    axes.text(right - box / 2, bottom - 0.65 * line, text, color="white", fontsize=FONT_SIZE, ha="center", va="bottom")
