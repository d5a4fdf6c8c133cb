"""Charts of an evaluation: volume fractions, confusion matrix, blob sizes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter

from seg_common.atomic_files import atomic_write_bytes
from seg_eval.report.picture import ReportPicture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.model_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.measurement import Measurement
    from seg_eval.metrics.blob_summary import BlobSummary

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that figures look alike everywhere
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "figure.facecolor": "white",
    "savefig.dpi": 160,
}
INK = "#1a1a1a"
CSS_DPI = 96
HATCHES = ("", "////", "....")


def draw_figures(paths: EvaluationPaths, document: EvaluationDocument, measurement: Measurement) -> list[ReportPicture]:
    """Draw every chart that there is something to show in.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write, in its folder of pictures.
    document : EvaluationDocument
        All scores.
    measurement : Measurement
        Blobs, for their histograms.

    Returns
    -------
    list of ReportPicture
        What was drawn.
    """
    with rc_context(STYLE):
        pictures = [_fractions(paths, document)]
        if document.confusion is not None:
            pictures.append(_confusion(paths, document))
        pictures.append(_blob_sizes(paths, document, measurement))
    return pictures


def _fractions(paths: EvaluationPaths, document: EvaluationDocument) -> ReportPicture:
    """Bars per class, each class on its own scale: 0.5 % of pores would be invisible beside 80 % of matrix."""
    kinds = [
        ("reference", [info.reference_fraction for info in document.classes]),
        ("estimated, by labels", [info.estimated_fraction for info in document.classes]),
        ("estimated, by probability", [info.estimated_fraction_by_probability for info in document.classes]),
    ]
    kinds = [(name, values) for name, values in kinds if any(value is not None for value in values)] or kinds[:2]
    count = len(document.classes)
    figure = Figure(figsize=(7.2, 0.5 + 0.95 * count), layout="constrained")
    rows = figure.subplots(count, 1, squeeze=False)[:, 0]
    words = []
    for index, (info, axes) in enumerate(zip(document.classes, rows, strict=True)):
        values = [series[index] or 0.0 for _, series in kinds]
        bars = axes.barh(range(len(kinds)), values, color=info.color, edgecolor=INK, linewidth=0.6, height=0.8)
        for bar, hatch in zip(bars, HATCHES, strict=False):
            bar.set_hatch(hatch)
        axes.bar_label(bars, [f"{value:.3%}" for value in values], padding=4, fontsize=9)
        axes.set_yticks(range(len(kinds)), [name for name, _ in kinds], fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(0, max([*values, 1e-9]) * 1.18)
        axes.set_title(info.name)
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.tick_params(axis="x", labelsize=8)
        words.append(
            f"{info.name}: " + ", ".join(f"{kind} {value:.3%}" for (kind, _), value in zip(kinds, values, strict=True))
        )
    return _save(
        paths,
        figure,
        "volume_fractions",
        "fractions",
        "Volume fraction of each class. Each class has its own scale.",
        f"Bar chart of volume fractions. {'; '.join(words)}.",
    )


def _confusion(paths: EvaluationPaths, document: EvaluationDocument) -> ReportPicture:
    counts = np.array(document.confusion, np.int64)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    names = [info.name for info in document.classes]
    side = 1.6 + 1.0 * len(names)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        axes.text(
            column,
            row,
            f"{shares[row, column]:.2%}\n{counts[row, column]:,}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if shares[row, column] > 0.6 else INK,
        )
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("reference class")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    words = [f"{name}: {shares[i, i]:.2%} found" for i, name in enumerate(names)]
    return _save(
        paths,
        figure,
        "confusion",
        "confusion",
        "Confusion matrix: share of each reference class by predicted class, and voxels.",
        f"Confusion matrix. {'; '.join(words)}.",
    )


def _blob_sizes(paths: EvaluationPaths, document: EvaluationDocument, measurement: Measurement) -> ReportPicture:
    """Histograms of blob sizes, both axes logarithmic: sizes span six orders of magnitude."""
    series = [
        (info.name, (blobs,), info.color) for info, blobs in zip(document.classes, measurement.phase_blobs, strict=True)
    ]
    errors = measurement.error_blobs
    figure = Figure(figsize=(7.2 if errors is None else 9.6, 3.3), layout="constrained")
    panels = figure.subplots(1, 1 if errors is None else 2, squeeze=False)[0]
    _size_histogram(panels[0], "blobs of the prediction", series)
    if errors is not None:
        wrong = [
            ("false positives", errors.fp, "#d55e00"),
            ("false negatives", errors.fn, "#0072b2"),
            ("both, pooled", (errors.pooled,), INK),
        ]
        _size_histogram(panels[1], "error blobs of all classes", wrong)
    words = [f"{name}: {sum(one.count for one in blobs)} blobs" for name, blobs, _ in series]
    return _save(
        paths,
        figure,
        "blob_sizes",
        "blobs",
        "Number of blobs by size. Both axes are logarithmic, four bins per factor of ten.",
        f"Histograms of blob sizes in voxels. {'; '.join(words)}.",
    )


def _size_histogram(axes: Any, title: str, series: Sequence[tuple[str, Sequence[BlobSummary], str]]) -> None:
    largest = max((int(one.sizes[-1]) for _, blobs, _ in series for one in blobs if one.count), default=1)
    edges = 10 ** np.arange(-0.125, np.log10(largest) + 0.25, 0.25)  # 1 voxel lies in the middle of its bin
    styles = ("-", "--", ":", "-.")
    for place, (name, blobs, color) in enumerate(series):
        counts = sum(np.histogram(one.sizes, edges, weights=one.size_counts)[0] for one in blobs)
        axes.stairs(
            counts,
            edges,
            color=color,
            linewidth=2,
            linestyle=styles[place % len(styles)],
            label=f"{name} ({sum(one.count for one in blobs):,})",
        )
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.set_ylim(0)
    axes.set_xlabel("size in voxels")
    axes.set_ylabel("blobs")
    axes.set_title(title)
    axes.legend(fontsize=8, frameon=False)


def _save(paths: EvaluationPaths, figure: Figure, name: str, section: str, caption: str, alt: str) -> ReportPicture:
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    # No date and no version in the file: equal figures are equal files.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    path = paths.pictures / f"{name}.png"
    atomic_write_bytes(path, buffer.getvalue())
    return ReportPicture(section, path, caption, alt, width=round(figure.get_figwidth() * CSS_DPI))
