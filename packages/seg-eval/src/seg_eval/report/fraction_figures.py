"""Charts of volume fractions: by class, along the axes, and their spread against the size of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter

from seg_common.pictures.chart_text import literal
from seg_eval.report.chart_style import ACCENT, INK, MOST_CLASSES, SECOND, grid_of_axes, save_chart, shortened
from seg_eval.report.words import unit_in_words
from seg_eval.result_table import readable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import ClassScores, EvaluationDocument
    from seg_common.schema.evaluation_measures import Interval
    from seg_eval.report.counted_curves import CountedCurves
    from seg_eval.report.picture import ReportPicture

HATCHES = ("", "////", "....", "xxxx")
AXES = "zyx"
Estimate = tuple[str, float | None, "Interval | None"]


def draw_fractions(paths: EvaluationPaths, document: EvaluationDocument, *, overwrite: bool = False) -> ReportPicture:
    """Draw bars per class with 95 % intervals, each class on its own scale: 0.5 % of pores would be invisible beside 80 % of matrix.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/volume_fractions``.
    document : EvaluationDocument
        Fractions, their intervals, and those of the baselines.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    ReportPicture
    """
    shown = document.classes[:MOST_CLASSES]
    series = [_estimates(document, index) for index in range(len(shown))]
    # A kind that no class has is left away, but for one: bars of nothing tell that nothing is known.
    kinds = [k for k in range(len(series[0])) if any(one[k][1] is not None for one in series)] or [0]
    size = (7.2, 0.55 + len(shown) * (0.55 + 0.19 * len(kinds)))
    figure, grid = grid_of_axes(len(shown), 1, size, left=1.75, bottom=0.3, gaps=(0.55, 0))
    words = []
    for info, estimates, axes in zip(shown, series, grid[:, 0], strict=True):
        chosen = [estimates[k] for k in kinds]
        _bars(axes, info, chosen)
        told = ", ".join(f"{name} {value:.3%}" for name, value, _ in chosen if value is not None)
        words.append(f"{info.name}: {told}")
    intervals = "; whiskers are 95 % intervals" if document.bootstrap is not None else ""
    return save_chart(
        paths,
        figure,
        "volume_fractions",
        "fractions",
        f"Volume fraction of each class{intervals}. Each class has its own scale.{_cut(document)}",
        f"Bar chart of volume fractions. {'; '.join(words)}.",
        overwrite=overwrite,
    )


def _estimates(document: EvaluationDocument, index: int) -> list[Estimate]:
    info = document.classes[index]
    corrected = document.correction.classes[index] if document.correction is not None else None
    return [
        ("reference", info.reference_fraction, info.reference_fraction_interval),
        ("by labels", info.estimated_fraction, info.estimated_fraction_interval),
        (
            "by probability",
            info.estimated_fraction_by_probability,
            info.estimated_fraction_by_probability_interval,
        ),
        *([] if corrected is None else [("corrected", corrected.corrected_fraction, corrected.interval)]),
        *((readable(name), one.classes[index].estimated_fraction, None) for name, one in document.baselines.items()),
    ]


def _bars(axes: Any, info: ClassScores, estimates: list[Estimate]) -> None:
    own = ("reference", "by labels", "by probability", "corrected")
    values = [value or 0.0 for _, value, _ in estimates]
    places = range(len(estimates))
    faces = [info.color if name in own else "none" for name, _, _ in estimates]
    bars = axes.barh(places, values, color=faces, edgecolor=INK, linewidth=0.7, height=0.78)
    for bar, (name, _, _) in zip(bars, estimates, strict=True):
        bar.set_hatch(HATCHES[own.index(name)] if name in own else "")
    ends = list(values)
    for place, (_, value, interval) in enumerate(estimates):
        if value is not None and interval is not None:
            axes.plot([interval.low, interval.high], [place, place], color=INK, linewidth=1.4)
            axes.plot([interval.low, interval.high], [place, place], "|", color=INK, markersize=6)
            ends[place] = max(value, interval.high)
    limit = max([*ends, 1e-9]) * 1.2
    for place, (_, value, _) in enumerate(estimates):
        told = "not known" if value is None else f"{value:.3%}"
        axes.text(ends[place] + 0.01 * limit, place, told, va="center", fontsize=7.5)
    axes.set_yticks(places, [literal(shortened(name)) for name, _, _ in estimates])
    axes.invert_yaxis()
    axes.set_xlim(0, limit)
    axes.set_title(literal(info.name))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xticks([tick for tick in MaxNLocator(4).tick_values(0, limit) if tick <= min(1, limit)])


def draw_profiles(
    paths: EvaluationPaths, document: EvaluationDocument, curves: CountedCurves, *, overwrite: bool = False
) -> ReportPicture:
    """Draw the fraction of each class slice by slice along each axis, and the entropy where it is known.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/profiles``.
    document : EvaluationDocument
        Names of the classes.
    curves : CountedCurves
        Fractions and entropy by slice.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    ReportPicture
    """
    shown = document.classes[:MOST_CLASSES]
    titles = [info.name for info in shown] + ([] if curves.entropy is None else ["mean entropy"])
    figure, grid = grid_of_axes(
        len(titles), 3, (9.6, 0.75 + 1.15 * len(titles)), gaps=(0.33, 0.25), sharex="col", sharey="row"
    )
    for column, axis in enumerate(AXES):
        for row, title in enumerate(titles):
            axes = grid[row, column]
            if row < len(shown):
                if curves.reference is not None:
                    _line(axes, curves, column, curves.reference[column][:, row], "reference", INK, "-")
                _line(axes, curves, column, curves.predicted[column][:, row], "prediction", ACCENT, "--")
                axes.yaxis.set_major_formatter(PercentFormatter(1))
            elif curves.entropy is not None:
                _line(axes, curves, column, curves.entropy[column], "entropy", ACCENT, "--")
            axes.yaxis.set_major_locator(MaxNLocator(3))
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.grid(visible=True, axis="y")
            if column == 0:
                axes.set_title(literal(title))
        grid[-1, column].set_xlabel(f"slice along {axis}")
    grid[0, 2].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.1)
    words = [
        f"{info.name}: along z between {_least(one)} and {_most(one)}"
        for info, one in zip(shown, curves.predicted[0].T, strict=False)
    ]
    return save_chart(
        paths,
        figure,
        "profiles",
        "fractions",
        f"Volume fractions slice by slice along each axis{'' if curves.entropy is None else ', and the mean normalised entropy'}."
        f"{_cut(document)}",
        f"Profiles of the predicted fractions along z, y and x. {'; '.join(words)}.",
        overwrite=overwrite,
    )


def _line(
    axes: Any, curves: CountedCurves, axis: int, values: NDArray[np.float64], label: str, color: str, style: str
) -> None:
    slices = curves.starts[axis] + np.arange(values.size)
    marker = "o" if values.size < 3 else None
    axes.plot(slices, values, style, color=color, linewidth=1.3, label=label, marker=marker, markersize=3)


def _least(values: NDArray[np.float64]) -> str:
    return f"{np.nanmin(values):.2%}" if np.isfinite(values).any() else "unknown"


def _most(values: NDArray[np.float64]) -> str:
    return f"{np.nanmax(values):.2%}" if np.isfinite(values).any() else "unknown"


def draw_representative_volume(
    paths: EvaluationPaths, document: EvaluationDocument, *, overwrite: bool = False
) -> ReportPicture:
    """Draw the spread of the fractions against the side of blocks, relative to the fraction: where it is small, a block is enough.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/representative_volume``.
    document : EvaluationDocument
        With spreads.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    ReportPicture
    """
    points = document.representative_volume
    shown = document.classes[:MOST_CLASSES]
    sides = [point.side for point in points]
    size, unit = _voxel_side(document)
    figure, grid = grid_of_axes(1, 2, (9.6, 2.9))
    panels = grid[0]
    styles = ("-", "--", ":", "-.")
    for index, info in enumerate(shown):
        fraction = info.reference_fraction if info.reference_fraction is not None else info.estimated_fraction
        if not fraction:
            continue
        for axes, values in (
            (panels[0], [point.spread[index] / fraction for point in points]),
            (panels[1], [point.standard_error[index] / fraction for point in points]),
        ):
            axes.plot(
                sides,
                values,
                color=(INK, ACCENT, SECOND)[index % 3],
                linestyle=styles[index % len(styles)],
                marker="os^Dv"[index % 5],
                markersize=4,
                label=literal(info.name),
            )
    for axes, title in zip(
        panels, ("spread between blocks / fraction", "standard error of the region / fraction"), strict=True
    ):
        axes.set_title(title)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sides, [f"{side}" for side in sides])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(0)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel("side of the blocks in voxels" + (f" (1 voxel = {size:g} {unit})" if size else ""))
        axes.grid(visible=True, axis="y")
    panels[0].legend()
    of = "reference" if document.confusion is not None else "prediction"
    return save_chart(
        paths,
        figure,
        "representative_volume",
        "representative",
        f"How large a representative volume is: relative spread of the fractions of the {of} between cubic blocks, and the "
        f"standard error that blocks of that side give for the whole region.{_cut(document)}",
        f"Two line charts against the side of blocks, from {sides[0]} to {sides[-1]} voxels. "
        + "; ".join(
            f"{info.name}: spread from {points[0].spread[index]:.2%} to {points[-1].spread[index]:.2%} of the volume"
            for index, info in enumerate(shown)
        )
        + ".",
        overwrite=overwrite,
    )


def _voxel_side(document: EvaluationDocument) -> tuple[float | None, str | None]:
    """Edge length of a voxel, if it is a cube."""
    size = document.voxel_size
    if size is None or len(set(size)) > 1:
        return None, None
    return size[0], unit_in_words(document.voxel_size_unit)


def _cut(document: EvaluationDocument) -> str:
    surplus = len(document.classes) - MOST_CLASSES
    return f" The first {MOST_CLASSES} of {len(document.classes)} classes." if surplus > 0 else ""
