"""A slice as image, labels and weights beside each other: where the weight is, at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator

from seg_common.geometry.box import Box
from seg_common.pictures.chart_text import literal
from seg_common.pictures.overlay import grey_to_rgb, overlay
from seg_data.chart_style import STYLE, chart_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume

Axis = Literal["z", "y", "x"]
ZERO_COLOR = "#000000"
PANEL_INCHES = 4.6
LOG_RATIO = 20
"""Weights that differ by more than this factor are shown on a logarithmic scale."""


def weights_picture(volume: Volume, weights: ArrayReader, name: str) -> bytes:
    """Draw a slice through the middle of the annotation.

    Parameters
    ----------
    volume : Volume
        With the labels that the weights were computed from.
    weights : ArrayReader
        The weights, shape (z, y, x).
    name : str
        Their name, for the title.

    Returns
    -------
    bytes
        PNG.
    """
    axis, index = _shown_slice(volume)
    grey = _plane(volume.image, axis, index)
    labels = _plane(volume.require_labels(), axis, index)
    plane = _plane(weights, axis, index).astype(np.float64)
    picture = grey_to_rgb(grey)
    document = volume.document
    sizes = [size for a, size in zip("zyx", document.voxel_size or (1, 1, 1), strict=True) if a != axis]
    tall = plane.shape[0] * sizes[0] / (plane.shape[1] * sizes[1])
    with rc_context(STYLE):
        width = min(PANEL_INCHES, 1.6 * PANEL_INCHES / tall)  # a tall slice gets narrow panels
        figure = Figure(figsize=(3 * width + 1.6, width * tall + 1.5), layout="constrained")
        panels = figure.subplots(1, 3)
        aspect = sizes[0] / sizes[1]
        panels[0].imshow(picture, aspect=aspect, interpolation="nearest")
        panels[0].set_title("image")
        shown = overlay(picture, labels, document.class_colors, alpha=0.7, skip=-1)
        panels[1].imshow(shown, aspect=aspect, interpolation="nearest")
        panels[1].set_title("labels")
        colors = colormaps["viridis"].with_extremes(bad=ZERO_COLOR)
        drawn = panels[2].imshow(
            np.ma.masked_equal(plane, 0), aspect=aspect, interpolation="nearest", cmap=colors, norm=_scale(plane)
        )
        panels[2].set_title("weights (black: 0)")
        ticks = LogLocator(subs=(1, 2, 5)) if isinstance(drawn.norm, LogNorm) else MaxNLocator(6)
        bar = figure.colorbar(drawn, ax=panels[2], shrink=0.85, ticks=ticks, format="%g")
        bar.ax.minorticks_off()
        for axes in panels:
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
        patches = [Patch(color=info.color, label=literal(info.name)) for info in document.classes]
        figure.legend(handles=patches, loc="outside lower center", ncols=min(len(patches), 8), frameon=False)
        figure.suptitle(f"{literal(document.name)}: weights {literal(repr(name))}, slice {axis} = {index}")
        return chart_bytes(figure, "png")


def _shown_slice(volume: Volume) -> tuple[Axis, int]:
    """Middle slice along z, or the middle one of those that were annotated."""
    annotated = None if volume.label_source is None else volume.label_source.annotated
    if annotated is None:
        return "z", volume.document.shape[0] // 2
    return annotated.axis, annotated.indices[len(annotated.indices) // 2]


def _plane(reader: ArrayReader, axis: Axis, index: int) -> NDArray[Any]:
    number = "zyx".index(axis)
    start, shape = [0, 0, 0], list(reader.shape)
    start[number], shape[number] = index, 1
    box = Box(start=(start[0], start[1], start[2]), shape=(shape[0], shape[1], shape[2]))
    plane: NDArray[Any] = reader.read(box).squeeze(number)
    return plane


def _scale(plane: NDArray[np.float64]) -> Normalize:
    """Colour scale of the weights above 0."""
    known = plane[plane > 0]
    if not known.size:
        return Normalize(0, 1)
    low, high = float(known.min()), float(known.max())
    return LogNorm(low, high) if high > LOG_RATIO * low else Normalize(min(low, 0.0), high)
