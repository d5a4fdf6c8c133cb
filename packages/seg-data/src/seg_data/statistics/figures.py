"""Statistics as pictures, in the colours of the classes and large enough for a slide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from seg_common.pictures.chart_text import literal
from seg_data.chart_style import INK, STYLE, chart_bytes
from seg_data.statistics.tables import region_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from seg_common.schema.statistics import VolumeStatistics
    from seg_common.schema.volume import ClassInfo

SHADES = ("#e8eef5", "#f6ecd9", "#e6f2e6", "#f3e6f0")
PICTURES = ("histograms", "class_shares", "class_profiles", "slice_jaccard")
SUFFIXES = ("png", "svg")
MOST_CLASSES = 8
"""Most classes in one picture; the most frequent ones, for there are no more colours to be told apart."""
MOST_DRAWN_BINS = 256
MOST_MARKED = 60
"""Up to this many known slices get a dot each: a slice between two that nobody annotated has no line."""


def draw_statistics(statistics: VolumeStatistics, *, log_counts: bool = True) -> Iterator[tuple[str, bytes]]:
    """Draw every chart that there is something to show in.

    Parameters
    ----------
    statistics : VolumeStatistics
        What to show.
    log_counts : bool
        Whether the histograms count on a logarithmic axis, without which rare classes cannot be seen.

    Yields
    ------
    pair of (str, bytes)
        File name and content of each picture, as PNG and as SVG.
    """
    with rc_context(STYLE):
        figures = [_histograms(statistics, log_counts=log_counts)]
        if any(region.class_fractions for region in statistics.regions):
            figures += [_shares(statistics), _profiles(statistics), _jaccard(statistics)]
        for name, figure in zip(PICTURES, figures, strict=False):  # of a volume without labels, the first alone
            for suffix in SUFFIXES:
                yield f"{name}.{suffix}", chart_bytes(figure, suffix)


def _histograms(statistics: VolumeStatistics, *, log_counts: bool) -> Figure:
    """One panel per region, grey levels of each class as an area."""
    chosen = _drawn_classes(statistics)
    used = np.array([[*r.histogram, r.unlabelled_histogram] for r in statistics.regions]).sum(axis=(0, 1)) > 0
    edges, table = np.array(statistics.edges), np.flatnonzero(used)
    first, last = (int(table[0]), int(table[-1]) + 1) if table.size else (0, len(edges) - 1)
    factor = -(-(last - first) // MOST_DRAWN_BINS)
    figure, panels = _stacked(len(statistics.regions), 2.3)
    for axes, region in zip(panels, statistics.regions, strict=True):
        series = [(info, region.histogram[index]) for index, info in chosen]
        for info, counts in series:
            heights, bounds = _coarser(np.array(counts), edges, first, last, factor)
            axes.stairs(heights, bounds, fill=True, color=info.color, alpha=0.3)
            axes.stairs(heights, bounds, color=info.color, linewidth=1.8, label=literal(info.name))
        if region.unlabelled_voxels:
            heights, bounds = _coarser(np.array(region.unlabelled_histogram), edges, first, last, factor)
            axes.stairs(heights, bounds, color=INK, linewidth=1.3, linestyle=":", label="unlabelled")
        axes.set_title(f"{literal(region_name(region))}, {region.voxels:,} voxels")
        axes.set_xlim(edges[first], edges[last])
        if log_counts and region.not_finite < region.voxels:
            axes.set_yscale("log")
            axes.set_ylim(bottom=0.7)
        axes.set_ylabel("voxels")
    panels[-1].set_xlabel(f"grey level ({statistics.dtype})")
    _finish(figure, panels[0], statistics, "grey levels by class")
    return figure


def _coarser(
    counts: NDArray[np.int64], edges: NDArray[np.float64], first: int, last: int, factor: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Merge bins for the eye; the files keep all of them."""
    starts = np.arange(first, last, factor)
    heights: NDArray[np.int64] = np.add.reduceat(counts[:last], starts)
    return heights, np.append(edges[starts], edges[last])


def _shares(statistics: VolumeStatistics) -> Figure:
    """Bars by region, each class on its own scale: 0.5 % of pores would be invisible beside 80 % of matrix."""
    chosen = _drawn_classes(statistics)
    names = [region_name(region) for region in statistics.regions]
    figure, panels = _stacked(len(chosen), 0.75 + 0.38 * len(names))
    for axes, (index, info) in zip(panels, chosen, strict=True):
        values = [None if r.class_fractions is None else r.class_fractions[index] for r in statistics.regions]
        bars = axes.barh(range(len(names)), [v or 0 for v in values], color=info.color, edgecolor=INK, linewidth=0.6)
        texts = ["none labelled" if value is None else f"{value:.3%}" for value in values]
        axes.bar_label(bars, texts, padding=5, fontsize=11)
        axes.set_yticks(range(len(names)), [literal(name) for name in names])
        axes.invert_yaxis()
        axes.set_xlim(0, max(*(v or 0 for v in values), 1e-6) * 1.2)
        axes.set_title(literal(info.name))
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.xaxis.set_major_locator(MaxNLocator(5))
    panels[-1].set_xlabel("share of the labelled voxels")
    _finish(figure, None, statistics, "class shares, each class on its own scale")
    return figure


def _profiles(statistics: VolumeStatistics) -> Figure:
    """Share of each class in each slice; a row per class, for rare ones need their own scale, and a column per axis."""
    chosen = _drawn_classes(statistics)
    figure = Figure(figsize=(13, 1.2 + 2.1 * len(chosen)), layout="constrained")
    grid = figure.subplots(len(chosen), 3, squeeze=False, sharex="col", sharey="row")
    for column, (axis, counts) in enumerate(statistics.slices.items()):
        table = np.array(counts.class_voxels, np.float64)
        shares = _ratio(table, table.sum(axis=0))
        for row, (index, info) in enumerate(chosen):
            axes = grid[row, column]
            _shade_partitions(axes, statistics, axis, named=row == 0)
            _line(axes, shares[index], info)
            if column == 0:
                axes.set_ylabel(literal(info.name))
                axes.yaxis.set_major_formatter(PercentFormatter(1))
        grid[-1, column].set_xlabel(f"slice along {axis}")
    for row, _ in enumerate(chosen):
        grid[row, 0].set_ylim(bottom=0)
    figure.align_ylabels(grid[:, 0])
    _finish(figure, None, statistics, "share of each class in the labelled voxels of a slice")
    return figure


def _jaccard(statistics: VolumeStatistics) -> Figure:
    """How alike adjacent slices are: a panel per axis, all classes on the scale from 0 to 1."""
    chosen = _drawn_classes(statistics)
    figure = Figure(figsize=(13, 4.6), layout="constrained")
    panels = figure.subplots(1, 3, squeeze=False, sharey=True)[0]
    for axes, (axis, counts) in zip(panels, statistics.slices.items(), strict=True):
        _shade_partitions(axes, statistics, axis, named=True)
        jaccard = _ratio(np.array(counts.intersection, np.float64), np.array(counts.union, np.float64))
        for index, info in chosen:
            _line(axes, jaccard[index], info)
        axes.set_ylim(0, 1.01)
        axes.set_xlim(0, len(counts.unlabelled_voxels))
        axes.set_xlabel(f"slice i along {axis}")
    panels[0].set_ylabel("Jaccard of slices i and i + 1")
    _finish(figure, panels[0], statistics, "overlap of adjacent slices")
    return figure


def _line(axes: Axes, values: NDArray[np.float64], info: ClassInfo) -> None:
    marker = "o" if np.isfinite(values).sum() <= MOST_MARKED else None
    positions = np.arange(len(values)) + 0.5  # the middle of a slice, as partitions are shaded from edge to edge
    axes.plot(
        positions, values, color=info.color, linewidth=1.8, marker=marker, markersize=3.5, label=literal(info.name)
    )
    axes.set_xlim(0, max(len(values), 1))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _shade_partitions(axes: Axes, statistics: VolumeStatistics, axis: str, *, named: bool) -> None:
    """Shade the partitions that take a part of the axis, and write their names above."""
    number = "zyx".index(axis)
    for index, region in enumerate(statistics.regions[1:]):
        if region.box.shape[number] < statistics.volume.shape[number]:
            start, stop = region.box.start[number], region.box.stop[number]
            axes.axvspan(start, stop, color=SHADES[index % len(SHADES)], linewidth=0, zorder=0)
            if named:
                middle, above = (start + stop) / 2, axes.get_xaxis_transform()
                axes.text(middle, 1.02, literal(region_name(region)), transform=above, ha="center", fontsize=10)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide; nothing by nothing is NaN, which leaves a gap in a line."""
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return ratio


def _drawn_classes(statistics: VolumeStatistics) -> list[tuple[int, ClassInfo]]:
    """Classes to draw with their indices."""
    voxels = statistics.regions[0].class_voxels
    frequent = sorted(range(len(voxels)), key=lambda index: -voxels[index])[:MOST_CLASSES]
    return [(index, statistics.classes[index]) for index in sorted(frequent)]


def _stacked(count: int, height: float) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(9, 1.1 + height * count), layout="constrained")
    return figure, list(figure.subplots(count, 1, squeeze=False)[:, 0])


def _finish(figure: Figure, explained: Axes | None, statistics: VolumeStatistics, title: str) -> None:
    """Write the title and, where lines of several classes share a panel, the legend below all panels."""
    total = len(statistics.classes)
    some = f" (the {MOST_CLASSES} most frequent of {total} classes)" if total > MOST_CLASSES else ""
    figure.suptitle(f"{literal(statistics.volume.name)}: {title}{some}", fontsize=15)
    if explained is not None:
        handles, names = explained.get_legend_handles_labels()
        if handles:
            figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 5))
