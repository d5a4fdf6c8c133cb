"""Charts of blobs: how many of which size, and how many of each size are found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import LogLocator, NullLocator, PercentFormatter

from seg_common.pictures.chart_text import literal
from seg_eval.report.chart_style import ACCENT, INK, MOST_CLASSES, SECOND, grid_of_axes, save_chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import BlobStatistics, EvaluationDocument
    from seg_common.schema.evaluation_measures import DetectionBin
    from seg_eval.report.picture import ReportPicture

COLUMNS = 3
Series = tuple[str, "BlobStatistics | None", str, str]


def draw_blob_sizes(paths: EvaluationPaths, document: EvaluationDocument, *, overwrite: bool = False) -> ReportPicture:
    """Draw histograms of blob sizes of each class, and of the errors; both axes are logarithmic: sizes span six orders.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/blob_sizes``.
    document : EvaluationDocument
        With histograms of blob sizes.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    ReportPicture
    """
    panels: list[tuple[str, list[Series]]] = [
        (
            info.name,
            [
                ("reference", document.reference_blobs.get(info.name), INK, "-"),
                ("prediction", document.phase_blobs[info.name], ACCENT, "--"),
            ],
        )
        for info in document.classes[:MOST_CLASSES]
    ]
    pooled = document.error_blobs_pooled
    if document.error_blobs is not None and pooled is not None:
        panels += [
            (
                f"errors: {name}",
                [("missed", blobs.fn, INK, "-"), ("added", blobs.fp, SECOND, "--")],
            )
            for name, blobs in list(document.error_blobs.items())[:MOST_CLASSES]
        ]
        panels.append(("errors of all classes, joined", [("wrong", pooled, INK, "-")]))
    figure = _grid(panels)
    words = [f"{info.name}: {document.phase_blobs[info.name].count:,} blobs" for info in document.classes]
    return save_chart(
        paths,
        figure,
        "blob_sizes",
        "blobs",
        "Number of blobs by size: each bin is twice as wide as the one before it, and both axes are logarithmic.",
        f"Histograms of blob sizes in voxels, of each class and of the errors. In the prediction: {'; '.join(words)}.",
        overwrite=overwrite,
    )


def _grid(panels: Sequence[tuple[str, list[Series]]]) -> Figure:
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure, axes_grid = grid_of_axes(rows, columns, (9.6, 0.15 + 2.05 * rows), gaps=(0.72, 0.5))
    grid = axes_grid.ravel()
    for axes, (title, series) in zip(grid, panels, strict=False):
        _histogram(axes, title, series)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[max(0, len(panels) - columns) : len(panels)]:
        axes.set_xlabel("size in voxels")
    return figure


def _histogram(axes: Any, title: str, series: Sequence[Series]) -> None:
    for name, blobs, color, style in series:
        if blobs is None:
            continue
        if blobs.histogram is not None and blobs.histogram.counts:
            axes.stairs(
                blobs.histogram.counts,
                blobs.histogram.edges,
                color=color,
                linewidth=1.5,
                linestyle=style,
                label=f"{name} ({blobs.count:,})",
            )
        else:
            axes.plot([], [], style, color=color, label=f"{name} ({blobs.count:,})")
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1)
    if not any(blobs is not None and blobs.count for _, blobs, _, _ in series):
        axes.set_xlim(1, 10)
    axes.xaxis.set_major_locator(LogLocator(10, numticks=6))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    most = max((max(one.histogram.counts, default=0) for _, one, _, _ in series if one and one.histogram), default=0)
    axes.set_ylim(0, 12 * max(1, most))  # room for the legend
    axes.set_title(literal(title))
    axes.legend(loc="upper right", fontsize=7, borderaxespad=0)


def draw_detection(paths: EvaluationPaths, document: EvaluationDocument, *, overwrite: bool = False) -> ReportPicture:
    """Draw which share of the blobs of each size is found, and which share of the predicted ones is invented.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/detection``.
    document : EvaluationDocument
        With detection by size.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    ReportPicture
    """
    shown = [(name, one) for name, one in document.detection.items() if one.reference or one.prediction][:MOST_CLASSES]
    columns = min(COLUMNS, len(shown))
    rows = math.ceil(len(shown) / columns)
    figure, axes_grid = grid_of_axes(rows, columns, (9.6, 0.15 + 2.15 * rows), gaps=(0.72, 0.3), sharey=True)
    grid = axes_grid.ravel()
    words = []
    for place, (axes, (name, one)) in enumerate(zip(grid, shown, strict=False)):
        found = _rates(one.reference, lambda sizes: sizes.covered)
        invented = _rates(one.prediction, lambda sizes: sizes.blobs - sizes.touched)
        axes.plot(*found, "-o", color=INK, markersize=3.5, linewidth=1.3, label="detected")
        axes.plot(*invented, "--s", color=SECOND, markersize=3.5, linewidth=1.3, label="invented")
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(10, numticks=6))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(-0.04, 1.04)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(visible=True, axis="y")
        axes.set_title(literal(name))
        if place >= len(shown) - columns:
            axes.set_xlabel("size in voxels")
        total = sum(sizes.blobs for sizes in one.reference)
        words.append(f"{name}: {sum(sizes.covered for sizes in one.reference):,} of {total:,} blobs detected")
    for axes in grid[len(shown) :]:
        axes.set_visible(False)
    grid[0].legend()
    return save_chart(
        paths,
        figure,
        "detection",
        "blobs",
        "Blobs of the reference of which at least half is predicted (detected), and blobs of the prediction that touch none of "
        "their class in the reference (invented), by size.",
        f"Detection rate by size. {'; '.join(words)}.",
        overwrite=overwrite,
    )


def _rates(bins: Sequence[DetectionBin], count: Any) -> tuple[list[float], list[float]]:
    """Middle of each range of sizes on the logarithmic axis, and the share that counts; empty ranges leave a gap in the line."""
    middles = [math.sqrt(one.from_voxels * (one.below_voxels - 1)) for one in bins]
    return middles, [count(one) / one.blobs if one.blobs else math.nan for one in bins]
