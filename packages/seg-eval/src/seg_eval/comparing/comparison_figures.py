"""Figures of a comparison: scores and differences with intervals, fractions, found blobs by size, cost."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from seg_common.atomic_files import atomic_write_bytes
from seg_common.pictures.chart_text import FAMILY, literal, use_installed_fonts
from seg_eval.report.chart_style import shortened
from seg_eval.result_table import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from seg_common.evaluation_paths import ComparisonPaths
    from seg_common.schema.comparison import ComparedMember, ComparisonDocument
    from seg_common.schema.evaluation_measures import Interval

STYLE: dict[Any, Any] = {
    "font.family": FAMILY,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "figure.facecolor": "white",
    "savefig.dpi": 160,
    "svg.fonttype": "none",  # text stays text: it can be found, copied and edited
    "svg.hashsalt": "seg-eval",  # equal figures are equal files
}
INK = "#1a1a1a"
SOFT = "#6b7280"
BLUE = "#0072b2"
CSS_DPI = 96
LONGEST_NAME = 28


@dataclass(frozen=True)
class Chart:
    """One figure, as PNG and as SVG."""

    section: str
    """Part of the page."""
    png: Path
    """Picture of the page."""
    svg: Path
    """The same for a paper."""
    caption: str
    """Text below."""
    alt: str
    """What it shows, in words."""
    width: int
    """Width on the page in CSS pixels, where there is room."""


def draw_charts(paths: ComparisonPaths, document: ComparisonDocument) -> list[Chart]:
    """Draw every figure that there is something to show in.

    Parameters
    ----------
    paths : ComparisonPaths
        Where to write, in its folder of pictures.
    document : ComparisonDocument
        All scores.

    Returns
    -------
    list of Chart
        What was drawn.
    """
    with rc_context(STYLE):
        charts = [_scores(paths, document)]
        if document.bootstrap is not None:
            charts.append(_differences(paths, document))
        charts.append(_fractions(paths, document))
        if any(info.detection for member in document.members for info in member.classes):
            charts += _detection(paths, document)
        costs = (lambda member: member.cost.parameters, _seconds_per_million)
        if any(value(member) for member in document.members for value in costs):
            charts.append(_cost(paths, document))
    return charts


def _scores(paths: ComparisonPaths, document: ComparisonDocument) -> Chart:
    panels: list[tuple[str, list[tuple[float | None, Interval | None]]]] = [
        ("mean", [(member.mean_jaccard, member.mean_jaccard_interval) for member in document.members])
    ]
    for k, info in enumerate(document.classes):
        values = [(member.classes[k].jaccard, member.classes[k].jaccard_interval) for member in document.members]
        panels.append((info.name, values))
    figure, axes = _rows_of_members(document, len(panels))
    for panel, (title, values) in zip(axes, panels, strict=True):
        _dots(panel, values, lambda value: f"{value:.3f}")
        panel.set_title(literal(title))
        panel.set_xlabel("Jaccard")
    words = [f"{member.name}: {_number(member.mean_jaccard)}" for member in document.members]
    return _save(
        paths,
        figure,
        "scores",
        "scores",
        "Jaccard on the shared voxels, the mean and each class, each on its own scale; bars are 95 % intervals.",
        f"Dot plot of the Jaccard of each member. Mean Jaccard: {'; '.join(words)}.",
    )


def _differences(paths: ComparisonPaths, document: ComparisonDocument) -> Chart:
    """Differences to the first member: what single intervals cannot show, because members err at the same places."""
    first, *others = document.members
    found = {
        (one.second, one.class_name): one
        for one in document.differences
        if one.first == first.name and one.measure in ("mean_jaccard", "jaccard")
    }
    titles = [None, *(info.name for info in document.classes)]
    figure, axes = _rows_of_members(document, len(titles), others)
    words = []
    for panel, title in zip(axes, titles, strict=True):
        rows = [found[member.name, title] for member in others]
        clear = [row.clear for row in rows]
        _dots(panel, [(row.difference, row.interval) for row in rows], lambda value: f"{value:+.3f}", filled=clear)
        panel.axvline(0, color=INK, linewidth=1, linestyle="--")
        panel.set_title(literal(title or "mean"))
        panel.set_xlabel("difference of Jaccard")
        if title is None:
            words = [f"{row.second}: {_number(row.difference)}{', clear' if row.clear else ''}" for row in rows]
    return _save(
        paths,
        figure,
        "differences",
        "differences",
        f"Jaccard minus that of {first.name}, with 95 % intervals of the differences, drawn in pairs. Filled: 0 lies outside the interval.",
        f"Dot plot of differences to {first.name}. Mean Jaccard: {'; '.join(words)}.",
    )


def _fractions(paths: ComparisonPaths, document: ComparisonDocument) -> Chart:
    figure, axes = _rows_of_members(document, len(document.classes))
    for k, (panel, info) in enumerate(zip(axes, document.classes, strict=True)):
        values = [
            (member.classes[k].estimated_fraction, _around(member.classes[k].absolute_error_interval, member, k))
            for member in document.members
        ]
        _dots(panel, values, lambda value: f"{value:.2%}")
        reference = document.reference_fractions[k]
        if reference is not None:
            panel.axvline(reference, color=INK, linewidth=1, linestyle="--")
            panel.set_title(f"{literal(info.name)}, reference {reference:.2%}")
        panel.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
        panel.set_xlabel("volume fraction")
    words = [
        f"{member.name}: " + ", ".join(f"{info.name} {_percent(info.estimated_fraction)}" for info in member.classes)
        for member in document.members
    ]
    return _save(
        paths,
        figure,
        "fractions",
        "fractions",
        "Volume fractions by labels; the dashed line is the reference, bars are 95 % intervals of the error around it.",
        f"Dot plot of volume fractions. {'; '.join(words)}.",
    )


def _detection(paths: ComparisonPaths, document: ComparisonDocument) -> list[Chart]:
    """One grid of shares per class; numbers in the cells, so that ten members can be told apart."""
    charts = []
    for k, info in enumerate(document.classes):
        members = [member for member in document.members if member.classes[k].detection]
        if not members:
            continue
        # The blobs of the reference are the same for all but for references that were allowed to differ.
        sizes = sorted({one.from_voxels for member in members for one in member.classes[k].detection if one.blobs})
        bins = [_bin_label(members[0], k, size) for size in sizes]
        shares = np.full((len(members), len(sizes)), np.nan)
        for row, member in enumerate(members):
            for one in member.classes[k].detection:
                if one.blobs:
                    shares[row, sizes.index(one.from_voxels)] = one.covered / one.blobs
        figure = Figure(figsize=(2.1 + 0.85 * max(len(bins), 4), 1.3 + 0.27 * len(members)), layout="constrained")
        panel = figure.subplots()
        panel.imshow(np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for row, column in np.ndindex(*shares.shape):
            share = shares[row, column]
            if np.isfinite(share):
                panel.text(
                    column,
                    row,
                    f"{share:.0%}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if share > 0.6 else INK,
                )
        panel.set_xticks(range(len(bins)), bins, fontsize=7.5)
        panel.set_yticks(range(len(members)), [literal(shortened(member.name, LONGEST_NAME)) for member in members])
        panel.set_xlabel("voxels of a blob of the reference (number of them)")
        panel.set_title(literal(info.name))
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        words = [f"{member.name} {_found(member, k)}" for member in members]
        charts.append(
            _save(
                paths,
                figure,
                f"detection_{k}",
                "detection",
                f"{info.name}: share of the reference's blobs that are found, at least half of their voxels, by size.",
                f"Grid of the share of blobs of {info.name} found, by member and size. Of all sizes: {'; '.join(words)}.",
            )
        )
    return charts


def _cost(paths: ComparisonPaths, document: ComparisonDocument) -> Chart:
    kinds: list[tuple[str, Callable[[ComparedMember], float | None]]] = [
        ("trainable parameters", lambda member: member.cost.parameters),
        ("training, seconds", lambda member: member.cost.training_seconds),
        ("prediction, seconds per million voxels", _seconds_per_million),
    ]
    kinds = [(name, value) for name, value in kinds if any(value(member) for member in document.members)]
    figure, axes = _rows_of_members(document, len(kinds))
    words = []
    for panel, (name, value) in zip(axes, kinds, strict=True):
        _dots(panel, [(value(member), None) for member in document.members], _short)
        panel.set_xlim(left=0)
        panel.set_xlabel(name)
        words.append(f"{name}: " + ", ".join(f"{m.name} {_short(value(m))}" for m in document.members))
    return _save(
        paths,
        figure,
        "cost",
        "cost",
        "What each member costs. Times are those of the machine that each ran on.",
        f"Dot plot of cost. {'; '.join(words)}.",
    )


def _rows_of_members(
    document: ComparisonDocument, panels: int, members: Sequence[ComparedMember] | None = None
) -> tuple[Figure, Any]:
    """Make panels side by side that share one row per member, the first on top."""
    members = document.members if members is None else members
    figure = Figure(figsize=(2.0 + 1.95 * panels, 1.0 + 0.32 * len(members)), layout="constrained")
    axes = figure.subplots(1, panels, sharey=True, squeeze=False)[0]
    axes[0].set_yticks(range(len(members)), [literal(shortened(member.name, LONGEST_NAME)) for member in members])
    axes[0].set_ylim(len(members) - 0.4, -0.6)
    for panel in axes:
        panel.grid(axis="y", color="#e5e7eb", linewidth=0.8)
        panel.set_axisbelow(True)
        panel.tick_params(axis="y", length=0)
    return figure, axes


def _dots(
    panel: Any,
    values: Sequence[tuple[float | None, Interval | None]],
    text: Callable[[float], str],
    filled: Sequence[bool] | None = None,
) -> None:
    """Draw a dot with its interval and its number in every row that has a value."""
    ends = []
    for row, (value, interval) in enumerate(values):
        if value is None:
            panel.text(0.5, row, ABSENT, transform=panel.get_yaxis_transform(), ha="center", va="center", color=SOFT)
            continue
        ends.append(value)
        if interval is not None:
            ends += [interval.low, interval.high]
            panel.plot([interval.low, interval.high], [row, row], color=BLUE, linewidth=2, solid_capstyle="butt")
        inside = BLUE if filled is None or filled[row] else "white"
        panel.plot([value], [row], "o", color=BLUE, markerfacecolor=inside, markersize=5.5, zorder=4)
        panel.annotate(
            text(value),
            (value, row),
            xytext=(0, 4.5),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3, "alpha": 0.85},
        )
    panel.xaxis.set_major_locator(MaxNLocator(3))
    panel.tick_params(axis="x", labelsize=7.5)
    if ends:
        low, high = min(ends), max(ends)
        room = (high - low) * 0.18 or abs(high) * 0.05 or 0.01
        panel.set_xlim(low - room, high + room)


def _around(interval: Interval | None, member: ComparedMember, index: int) -> Interval | None:
    """Move an interval of the error to where the estimate would be if the reference were what it is."""
    info = member.classes[index]
    if interval is None or info.absolute_error is None or info.estimated_fraction is None:
        return None
    reference = info.estimated_fraction - info.absolute_error
    return interval.model_copy(update={"low": reference + interval.low, "high": reference + interval.high})


def _seconds_per_million(member: ComparedMember) -> float | None:
    seconds, voxels = member.cost.prediction_seconds, member.cost.predicted_voxels
    return None if seconds is None or not voxels else seconds / voxels * 1e6


def _bin_label(member: ComparedMember, index: int, size: int) -> str:
    """Name a range of sizes, and how many blobs of the reference are in it."""
    for one in member.classes[index].detection:
        if one.from_voxels == size:
            last = one.below_voxels - 1
            sizes = _short(size) if last == size else f"{_short(size)} to {_short(last)}"
            return f"{sizes}\n({one.blobs:,})"
    return _short(size)


def _found(member: ComparedMember, index: int) -> str:
    bins = member.classes[index].detection
    return f"{sum(one.covered for one in bins):,} of {sum(one.blobs for one in bins):,}"


def _short(value: float | None) -> str:
    """Write a number with a few digits and k, M for thousands and millions."""
    if value is None:
        return ABSENT
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"


def _percent(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2%}"


def _save(paths: ComparisonPaths, figure: Figure, name: str, section: str, caption: str, alt: str) -> Chart:
    use_installed_fonts(figure)
    FigureCanvasAgg(figure)
    files = {}
    for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
        buffer = io.BytesIO()
        # No date and no version in the file: equal figures are equal files.
        figure.savefig(buffer, format=kind, metadata=metadata)
        files[kind] = paths.pictures / f"{name}.{kind}"
        atomic_write_bytes(files[kind], buffer.getvalue())
    width = round(figure.get_figwidth() * CSS_DPI)
    return Chart(section, files["png"], files["svg"], caption, alt, width)
