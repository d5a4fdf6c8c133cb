"""The curve of the rejection function over the contents of the crops that were offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from seg_common.pictures.chart_text import literal
from seg_data.chart_style import INK
from seg_data.preview.crop_sheet import KEPT_COLOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from seg_data.preview.leaf_contents import LeafContent

BINS = 40
MOST_PANELS = 8
OFFERED_COLOR, CURVE_COLOR = "#b8bfc9", "#d55e00"
STEEP = 20
"""From this ratio of the highest to the median bar on, bars are drawn on a logarithmic axis."""
TITLE_LENGTH = 90


def draw_rejection(contents: Sequence[LeafContent]) -> Figure:
    """Draw a panel for each part of the function: crops by what they hold, and the probability that they are rejected.

    Parameters
    ----------
    contents : sequence of LeafContent
        Parts, at least one.

    Returns
    -------
    Figure
    """
    shown = contents[:MOST_PANELS]
    figure = Figure(figsize=(9, 0.9 + 3.5 * len(shown)), layout="constrained")
    for axes, content in zip(figure.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
        _draw_part(axes, content)
    some = f" (the first {MOST_PANELS} of {len(contents)} parts)" if len(contents) > MOST_PANELS else ""
    figure.suptitle(f"What crops hold, and how likely they are rejected{some}")
    return figure


def content_limits(content: LeafContent) -> tuple[float, float]:
    """Interval that holds all values and every corner at which the curve bends."""
    corners = [x for x, _ in content.curve]
    bends = [
        x
        for index, x in enumerate(corners)
        if any(
            content.curve[other][1] != content.curve[index][1]
            for other in (index - 1, index + 1)
            if 0 <= other < len(corners)
        )
    ]
    finite = content.values[np.isfinite(content.values)]
    low, high = min([*finite, *bends], default=0.0), max([*finite, *bends], default=1.0)
    room = 0.05 * (high - low) or 0.05
    if content.is_share:
        return max(0.0, low - room), min(1.0, high + room)
    return low - room, high + room


def curve_line(content: LeafContent, limits: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the curve between two limits, at which it is constant or cut off."""
    x, y = (np.array(column, float) for column in zip(*content.curve, strict=True))
    inside = (x > limits[0]) & (x < limits[1])
    # Of a step both corners have one place: np.interp takes the one outside, which is what is wanted at the limits.
    ends = np.interp(limits, x, y, left=y[0], right=y[-1])
    return np.array([limits[0], *x[inside], limits[1]]), np.array([ends[0], *y[inside], ends[1]])


def _draw_part(axes: Axes, content: LeafContent) -> None:
    limits = content_limits(content)
    edges = np.linspace(*limits, BINS + 1)
    offered = np.histogram(content.values, edges)[0]
    kept = np.histogram(content.values[content.kept], edges)[0]
    axes.stairs(offered, edges, fill=True, color=OFFERED_COLOR, label="offered")
    axes.stairs(kept, edges, fill=True, color=KEPT_COLOR, alpha=0.75, label="of these, kept")
    filled = offered[offered > 0]
    if filled.size and filled.max() > STEEP * np.median(filled):
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.7)
    axes.set_xlim(*limits)
    axes.set_xlabel(literal(content.quantity))
    axes.set_ylabel("crops")
    if content.is_share:
        axes.xaxis.set_major_formatter(PercentFormatter(1))
    chance = axes.twinx()
    chance.plot(*curve_line(content, limits), color=CURVE_COLOR, linewidth=2.4, label="reject probability")
    chance.set_ylim(-0.02, 1.05)
    chance.set_ylabel("reject probability", color=CURVE_COLOR)
    chance.tick_params(axis="y", colors=CURVE_COLOR)
    chance.spines["right"].set_visible(True)
    chance.spines["right"].set_color(CURVE_COLOR)
    title = content.title if len(content.title) <= TITLE_LENGTH else content.title[: TITLE_LENGTH - 1] + "…"
    axes.set_title(literal(title), fontsize=11, color=INK)
    handles, names = (
        a + b for a, b in zip(axes.get_legend_handles_labels(), chance.get_legend_handles_labels(), strict=True)
    )
    axes.legend(handles, names, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3, fontsize=11)
