"""Where crops were, and how often: projections of the visits and their histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from seg_common.pictures.chart_text import literal
from seg_data.chart_style import INK
from seg_data.preview.crop_sheet import KEPT_COLOR
from seg_data.preview.visit_maps import pooled_histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

    from seg_data.crop_sampler import CropSampler
    from seg_data.preview.visit_maps import VisitMaps
    from seg_data.region_sampler import RegionSampler

MOST_VOLUMES = 4
GROUP_WIDTH, BAR_WIDTH = 5.0, 1.2
THINNEST = 0.12
"""Least part of a group that a projection takes, however flat the region is."""
UNLABELLED = "#d9d9d9"
MOST_BARS = 40


def draw_visit_maps(sampler: CropSampler, visits: Sequence[tuple[VisitMaps, VisitMaps]]) -> Figure:
    """Draw the mean visits along each axis, by offered and by kept crops of each volume.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    visits : sequence of (VisitMaps, VisitMaps)
        Visits of each volume by offered and by kept crops.

    Returns
    -------
    Figure
    """
    sources = list({source.volume.path: source for source in sampler.sources}.values())
    several = len(sources) > 1
    rows = [
        (source, _named(source.volume.document.name if several else "", *pair))
        for source, pair in zip(sources, visits, strict=True)
    ][:MOST_VOLUMES]
    columns = max(len(groups) for _, groups in rows)
    most = max(1.0, *(float(np.nanmax(p, initial=0)) for _, groups in rows for _, m in groups for p in m.projections))
    heights = [min(1.6, sum(_sides(source)[1]) / sum(_sides(source)[0])) * GROUP_WIDTH + 0.8 for source, _ in rows]
    width = columns * (GROUP_WIDTH + 0.5)
    figure = Figure(figsize=(width + BAR_WIDTH, sum(heights) + 0.6), layout="constrained")
    maps_part, bar_part = figure.subfigures(1, 2, squeeze=False, width_ratios=[width, BAR_WIDTH])[0]
    grid = maps_part.subfigures(len(rows), columns, squeeze=False, height_ratios=heights)
    for line, (source, groups) in zip(grid, rows, strict=True):
        for part, (name, maps) in zip(line, groups, strict=False):
            part.suptitle(literal(name), fontsize=13)
            shown = _draw_group(part, source, maps, most)
    bar = figure.colorbar(shown, cax=bar_part.add_axes((0.05, 0.25, 0.16, 0.5)))
    bar.set_label("mean visits per voxel")
    some = f" (the first {MOST_VOLUMES} of {len(sources)} volumes)" if len(sources) > MOST_VOLUMES else ""
    figure.suptitle(f"Visits per voxel, seen along z, y and x{some}")
    return figure


def draw_visit_histogram(visits: Sequence[tuple[VisitMaps, VisitMaps]]) -> Figure:
    """Draw how many voxels were visited how often, by offered and by kept crops of all volumes."""
    offered, kept = (pooled_histogram([pair[index] for pair in visits]) for index in range(2))
    edges = visit_edges(max(len(offered), len(kept)))
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.stairs(
        _binned(kept, edges),
        edges - 0.5,
        fill=True,
        color=KEPT_COLOR,
        alpha=0.45,
        label=f"by kept crops ({kept[0] / kept.sum():.2%} never)",
    )
    axes.stairs(
        _binned(offered, edges),
        edges - 0.5,
        color=INK,
        linewidth=1.8,
        label=f"by offered crops ({offered[0] / offered.sum():.2%} never)",
    )
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.set_ylim(bottom=0, top=1.18 * max(_binned(counts, edges).max() for counts in (offered, kept)))
    axes.set_xlabel("visits of a voxel")
    axes.set_ylabel("share of the voxels")
    axes.legend(loc="upper right")
    figure.suptitle("How often voxels were inside a crop")
    return figure


def visit_edges(lengths: int) -> NDArray[np.int64]:
    """Whole numbers that bound the bars of a histogram of visits 0 … lengths - 1: no visit has a bar of its own."""
    width = -(-(lengths - 1) // MOST_BARS) if lengths > 1 else 1
    return np.concatenate([[0], np.arange(1, lengths + width, width)])


def _binned(histogram: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean share of the voxels for one number of visits in each bar, so that bars of different width are comparable."""
    padded = np.zeros(int(edges[-1]), np.int64)
    padded[: len(histogram)] = histogram
    shares: NDArray[np.float64] = np.add.reduceat(padded, edges[:-1]) / np.diff(edges) / histogram.sum()
    return shares


def _named(name: str, offered: VisitMaps, kept: VisitMaps) -> list[tuple[str, VisitMaps]]:
    start = f"{name}: " if name else ""
    if offered is kept:
        return [(f"{start}offered crops, all of them kept", offered)]
    return [(f"{start}offered crops", offered), (f"{start}kept crops", kept)]


def _draw_group(part: SubFigure, source: RegionSampler, maps: VisitMaps, most: float) -> AxesImage:
    """Draw the view along z, right of it the one along x and below it the one along y, so that they share their axes."""
    widths, heights = _sides(source)
    ratios = {"width_ratios": widths, "height_ratios": heights}
    ((front, right), (below, corner)) = part.subplots(2, 2, sharex="col", sharey="row", gridspec_kw=ratios)
    corner.set_visible(False)
    along_z, along_y, along_x = maps.projections
    shown = _draw_projection(front, source, 1, 2, along_z, most)
    _draw_projection(below, source, 0, 2, along_y, most)
    _draw_projection(right, source, 1, 0, along_x.T, most)
    front.set_ylabel("y / voxel", fontsize=11)
    below.set_ylabel("z / voxel", fontsize=11)
    below.set_xlabel("x / voxel", fontsize=11)
    right.set_xlabel("z / voxel", fontsize=11)
    right.tick_params(labelbottom=True)
    return shown


def _draw_projection(
    axes: Axes, source: RegionSampler, rows: int, columns: int, plane: NDArray[np.float64], most: float
) -> AxesImage:
    start, stop = source.region.start, source.region.stop
    shown = axes.imshow(
        plane,
        cmap=colormaps["viridis"].with_extremes(bad=UNLABELLED),
        vmin=0,
        vmax=most,
        aspect="auto",  # the panels have the shape of the region
        extent=(start[columns] - 0.5, stop[columns] - 0.5, stop[rows] - 0.5, start[rows] - 0.5),
        interpolation="nearest" if max(plane.shape) < 200 else "auto",
    )
    axes.tick_params(labelsize=10)
    for axis, number in ((axes.xaxis, columns), (axes.yaxis, rows)):
        flat = source.region.shape[number] < max(source.region.shape) / 3
        axis.set_major_locator(MaxNLocator(2 if flat else 4, integer=True))
    return shown


def _sides(source: RegionSampler) -> tuple[list[float], list[float]]:
    """Widths (x, z) and heights (y, z) of the panels of a group, as parts of the larger one."""
    size = source.volume.document.voxel_size or (1.0, 1.0, 1.0)
    z, y, x = (n * s for n, s in zip(source.region.shape, size, strict=True))
    least = THINNEST * max(x, y, z)
    return [max(x, least), max(z, least)], [max(y, least), max(z, least)]
