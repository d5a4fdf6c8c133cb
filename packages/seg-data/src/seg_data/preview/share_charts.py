"""Class shares and acceptance as charts: what was expected beside what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from seg_common.pictures.chart_text import literal
from seg_data.chart_style import INK
from seg_data.preview.acceptance import source_label, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from seg_common.schema.crops import CropsRecord

MOST_CLASSES = 8
MOST_SOURCES = 12
EXPECTED_COLOR, MEASURED_COLOR = "#0072b2", "#d55e00"
HATCHES = ("", "", "////")


def draw_class_shares(record: CropsRecord, colors: Sequence[str]) -> Figure:
    """Draw the shares of each class in the region and in kept crops, each class on its own scale.

    Parameters
    ----------
    record : CropsRecord
        What was measured, of volumes with labels.
    colors : sequence of str
        Colours by class index.

    Returns
    -------
    Figure
    """
    rows = share_rows(record)
    frequent = np.argsort(-np.array(record.class_fractions_region), kind="stable")[:MOST_CLASSES]
    figure = Figure(figsize=(9, 1.0 + (0.75 + 0.38 * len(rows)) * len(frequent)), layout="constrained")
    panels = figure.subplots(len(frequent), 1, squeeze=False)[:, 0]
    for axes, index in zip(panels, sorted(frequent.tolist()), strict=True):
        values = [shares[index] for _, shares in rows]
        bars = axes.barh(range(len(rows)), values, color=colors[index], edgecolor=INK, linewidth=0.6)
        for bar, alpha, hatch in zip(bars, (0.45, 1.0, 0.45), HATCHES, strict=False):
            bar.set_alpha(alpha)
            bar.set_hatch(hatch)
        axes.bar_label(bars, [f"{value:.3%}" for value in values], padding=5, fontsize=11)
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.invert_yaxis()
        axes.set_xlim(0, max(*values, 1e-6) * 1.2)
        axes.set_title(literal(record.class_names[index]))
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.xaxis.set_major_locator(MaxNLocator(5))
    panels[-1].set_xlabel("share of the labelled voxels")
    some = f" (the {MOST_CLASSES} most frequent classes)" if len(record.class_names) > MOST_CLASSES else ""
    figure.suptitle(f"Class shares, each class on its own scale{some}")
    return figure


def share_rows(record: CropsRecord) -> list[tuple[str, list[float]]]:
    """Shares of the labelled voxels by class: in the region, in the kept crops and, where they were computed, as expected.

    What is expected of several sources counts as many crops of each as were kept, so that the two can be compared.
    """
    rows = [("region", record.class_fractions_region), ("kept crops", record.class_fractions_kept)]
    expected = [source.expected.class_fractions for source in record.sources if source.expected is not None]
    if len(expected) == len(record.sources) and all(expected):
        kept = np.array([source.kept for source in record.sources], float)
        rows.append(("expected", (kept @ np.array(expected) / max(1.0, kept.sum())).tolist()))
    return [(name, of_labelled(shares)) for name, shares in rows]


def of_labelled(shares: Sequence[float]) -> list[float]:
    """Divide by what is labelled at all, so that regions and crops with few annotated slices can be compared."""
    total = sum(shares)
    return [share / total if total else 0.0 for share in shares]


def draw_acceptance(record: CropsRecord) -> Figure:
    """Draw the acceptance of each source, expected and measured, with 95 % intervals."""
    sources = record.sources[:MOST_SOURCES]
    figure = Figure(figsize=(9, 2.0 + 0.75 * len(sources)), layout="constrained")
    axes = figure.subplots()
    for row, source in enumerate(sources):
        if source.expected is not None:
            rate, interval = source.expected.acceptance_rate, source.expected.interval
            name = "expected, every position" if source.expected.exact else "expected, from a sample"
            _point(axes, row - 0.15, rate, interval, EXPECTED_COLOR, "D", name)
        if source.offered:
            interval = wilson_interval(source.kept, source.offered)
            _point(axes, row + 0.15, source.kept / source.offered, interval, MEASURED_COLOR, "o", "measured")
    axes.set_yticks(range(len(sources)), [literal(source_label(record, source)) for source in sources])
    axes.set_ylim(len(sources) - 0.4, -0.6)
    low, high = axes.get_xlim()
    axes.set_xlim(max(-0.02, low - 0.06), min(1.02, high + 0.06))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("crops kept / crops offered, with 95 % interval")
    handles, names = axes.get_legend_handles_labels()
    distinct = dict(zip(names, handles, strict=True))
    figure.legend(distinct.values(), distinct.keys(), loc="outside lower center", ncols=len(distinct))
    more = len(record.sources) - MOST_SOURCES
    figure.suptitle(
        "Acceptance" + (f" (the first {MOST_SOURCES} sources of {len(record.sources)})" if more > 0 else "")
    )
    return figure


def _point(
    axes: Axes, row: float, rate: float, interval: tuple[float, float], color: str, marker: str, name: str
) -> None:
    errors = [[max(0.0, rate - interval[0])], [max(0.0, interval[1] - rate)]]
    axes.errorbar(
        [rate], [row], xerr=errors, fmt=marker, color=color, markersize=8, capsize=5, linewidth=1.8, label=name
    )
