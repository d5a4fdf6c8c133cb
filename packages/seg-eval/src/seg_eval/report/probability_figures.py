"""Charts of what the probabilities are worth: reliability, ROC and precision-recall curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.pictures.chart_text import literal
from seg_eval.report.chart_style import ACCENT, FAINT, INK, MOST_CLASSES, SECOND, grid_of_axes, save_chart
from seg_eval.report.counted_curves import ScoreCurves, score_curves

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_common.schema.evaluation_measures import ProbabilityScores, ReliabilityBin
    from seg_eval.report.picture import ReportPicture

LINES = (
    (INK, "-"),
    (ACCENT, "--"),
    (SECOND, ":"),
    (INK, "-."),
    (ACCENT, ":"),
    (SECOND, "-"),
    (INK, ":"),
    (ACCENT, "-"),
)
"""Colour and dashes by class: no two are alike without colour that are alike with it."""
FEWEST = 1e-7
"""Shares below it are drawn at it: the axis of voxels is logarithmic."""


def draw_reliability(paths: EvaluationPaths, scores: ProbabilityScores, *, overwrite: bool = False) -> ReportPicture:
    """Draw how often voxels of each probability are right, and how many there are.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/reliability``.
    scores : ProbabilityScores
        Bins of the highest probability and of each class's.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    ReportPicture
    """
    figure, grid = grid_of_axes(1, 3, (9.6, 3.4), gaps=(0, 0.75))
    panels = grid[0]
    lines = [("most probable class", scores.reliability)]
    by_class = [(one.name, one.reliability) for one in scores.classes[:MOST_CLASSES]]
    _diagonal(panels[0], "most probable class", "share that is right")
    _diagonal(panels[1], "each class", "share of the class")
    for axes, group in ((panels[0], lines), (panels[1], by_class)):
        for (color, style), (name, bins) in zip(LINES, group, strict=False):
            known = [one for one in bins if one.mean_probability is not None and one.frequency is not None]
            axes.plot(
                [one.mean_probability for one in known],
                [one.frequency for one in known],
                linestyle=style,
                color=color,
                marker="o",
                markersize=3,
                linewidth=1.3,
                label=literal(name),
            )
    panels[1].legend(loc="upper left", fontsize=7)
    _amounts(panels[2], scores.reliability)
    error = scores.expected_calibration_error
    told = "unknown" if error is None else f"{error:.4f}"
    words = [
        f"{one.name}: {one.expected_calibration_error:.4f}"
        for one in scores.classes
        if one.expected_calibration_error is not None
    ]
    return save_chart(
        paths,
        figure,
        "reliability",
        "probabilities",
        f"Reliability: below the diagonal the probabilities promise too much. Expected calibration error of the most probable class: {told}.",
        f"Reliability diagrams. Expected calibration error {told}; by class {', '.join(words) or 'unknown'}.",
        overwrite=overwrite,
    )


def _diagonal(axes: Any, title: str, ylabel: str) -> None:
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_box_aspect(1)
    axes.set_title(title)
    axes.set_xlabel("probability")
    axes.set_ylabel(ylabel)


def _amounts(axes: Any, bins: Sequence[ReliabilityBin]) -> None:
    total = sum(one.voxels for one in bins) or 1
    edges = [bins[0].low, *(one.high for one in bins)]
    axes.stairs(
        [max(FEWEST, one.voxels / total) for one in bins], edges, color=INK, fill=False, linewidth=1.3, baseline=FEWEST
    )
    axes.set_yscale("log")
    axes.set_ylim(FEWEST, 2)
    axes.set_xlim(-0.02, 1.02)
    axes.set_box_aspect(1)
    axes.set_title("voxels")
    axes.set_xlabel("highest probability")
    axes.set_ylabel("share of the voxels")


def draw_score_curves(
    paths: EvaluationPaths,
    document: EvaluationDocument,
    scores: ProbabilityScores,
    counts: NDArray[np.int64],
    *,
    overwrite: bool = False,
) -> ReportPicture | None:
    """Draw ROC and precision-recall curves of each class against all others.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write ``pictures/score_curves``.
    document : EvaluationDocument
        Fractions of the reference: the precision of guessing.
    scores : ProbabilityScores
        Areas under the curves.
    counts : ndarray of int, shape (class, 2, bin)
        Voxels of other classes, and of the class, by bin of its probability.
    overwrite : bool
        Whether an earlier picture may be replaced.

    Returns
    -------
    ReportPicture or None
        None when no class has voxels both in it and outside.
    """
    drawn: list[tuple[int, ScoreCurves]] = []
    for index in range(min(len(scores.classes), MOST_CLASSES)):
        curves = score_curves(counts[index])
        if curves is not None:
            drawn.append((index, curves))
    if not drawn:
        return None
    figure, grid = grid_of_axes(1, 2, (7.6, 4.2), gaps=(0, 0.7))
    roc, precision = grid[0]
    roc.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2)
    for index, curves in drawn:
        color, style = LINES[index]
        one = scores.classes[index]
        roc.plot(
            [0, *curves.false_positive_rate],
            [0, *curves.true_positive_rate],
            linestyle=style,
            color=color,
            linewidth=1.4,
            label=f"{literal(one.name)} (area {_told(one.roc_area)})",
        )
        precision.plot(
            curves.true_positive_rate,
            curves.precision,
            linestyle=style,
            color=color,
            linewidth=1.4,
            label=f"{literal(one.name)} (average {_told(one.average_precision)})",
        )
        guessed = document.classes[index].reference_fraction
        if guessed is not None:
            precision.axhline(guessed, color=FAINT, linewidth=1)
    for axes, title, xlabel, ylabel in (
        (roc, "ROC", "false positive rate", "true positive rate"),
        (precision, "precision and recall", "recall", "precision"),
    ):
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_box_aspect(1)
        axes.set_title(title)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        axes.legend(loc="lower left" if axes is precision else "lower right", fontsize=7)
    words = [
        f"{scores.classes[index].name}: ROC area {_told(scores.classes[index].roc_area)}, "
        f"average precision {_told(scores.classes[index].average_precision)}"
        for index, _ in drawn
    ]
    return save_chart(
        paths,
        figure,
        "score_curves",
        "probabilities",
        "ROC and precision-recall curves of each class against all others; the faint lines are what guessing reaches.",
        f"ROC and precision-recall curves. {'; '.join(words)}.",
        overwrite=overwrite,
    )


def _told(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
