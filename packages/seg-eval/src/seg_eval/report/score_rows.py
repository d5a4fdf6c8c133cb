"""Rows of the headline tables of the report: agreement and volume fractions, with intervals, beside the baselines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_eval.result_table import ABSENT, number, percent, readable

if TYPE_CHECKING:
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_common.schema.evaluation_measures import Interval


@dataclass(frozen=True)
class Cell:
    """One number of a table."""

    text: str
    """The number."""
    interval: str = ""
    """Its 95 % interval."""
    own: bool = False
    """Whether it is the prediction's own, among those of baselines."""


@dataclass(frozen=True)
class ScoreRow:
    """One class, or the mean."""

    name: str
    """Name of the class."""
    color: str | None
    """Its colour; None for the mean."""
    cells: list[Cell]
    """Numbers in the order of the heads."""


def score_rows(document: EvaluationDocument) -> dict[str, object]:
    """Lay out both tables, by the names that the page has for their heads and rows.

    Parameters
    ----------
    document : EvaluationDocument
        All scores.

    Returns
    -------
    dict
        Heads and rows; the table of agreement has no rows without a reference.
    """
    agreement = _agreement(document) if document.confusion is not None else []
    baselines = [f"Jaccard of {readable(name)}" for name in document.baselines]
    fraction_heads, fraction_rows = _fractions(document)
    return {
        "score_heads": ["class", "Jaccard", *baselines, "Dice", "precision", "recall", "accuracy"],
        "score_rows": agreement,
        "fraction_heads": fraction_heads,
        "fraction_rows": fraction_rows,
    }


def _agreement(document: EvaluationDocument) -> list[ScoreRow]:
    rows = []
    for index, info in enumerate(document.classes):
        others = [Cell(number(one.classes[index].jaccard)) for one in document.baselines.values()]
        scores = [Cell(number(value)) for value in (info.dice, info.precision, info.recall, info.accuracy)]
        own = Cell(number(info.jaccard), _told(info.jaccard_interval), own=True)
        rows.append(ScoreRow(info.name, info.color, [own, *others, *scores]))
    others = [Cell(number(one.mean_jaccard)) for one in document.baselines.values()]
    mean = document.mean
    means = [ABSENT] * 4 if mean is None else [*map(number, (mean.dice, mean.precision, mean.recall, mean.accuracy))]
    own = Cell(number(document.mean_jaccard), _told(document.mean_jaccard_interval), own=True)
    rows.append(ScoreRow("mean", None, [own, *others, *map(Cell, means)]))
    return rows


def _fractions(document: EvaluationDocument) -> tuple[list[str], list[ScoreRow]]:
    compared = document.confusion is not None
    by_probability = any(info.estimated_fraction_by_probability is not None for info in document.classes)
    heads = ["class", *(["reference"] if compared else []), "estimated by labels"]
    heads += ["absolute error", "relative error"] if compared else ["voxels"]
    if by_probability:
        heads += ["estimated by probability", *(["relative error"] if compared else [])]
    rows = []
    for info in document.classes:
        cells = [Cell(number(info.reference_fraction), _told(info.reference_fraction_interval))] if compared else []
        cells.append(Cell(number(info.estimated_fraction), _told(info.estimated_fraction_interval), own=True))
        if compared:
            absolute = ABSENT if info.absolute_error is None else f"{info.absolute_error:+.4f}"
            cells.append(Cell(absolute, _told(info.absolute_error_interval, "+.4f")))
            cells.append(Cell(percent(info.relative_error), _told(info.relative_error_interval, "+.1%")))
        else:
            cells.append(Cell(f"{info.predicted_voxels:,}"))
        if by_probability:
            interval = info.estimated_fraction_by_probability_interval
            cells.append(Cell(number(info.estimated_fraction_by_probability), _told(interval)))
            cells += [Cell(percent(info.relative_error_by_probability))] if compared else []
        rows.append(ScoreRow(info.name, info.color, cells))
    return heads, rows


def _told(interval: Interval | None, form: str = ".4f") -> str:
    return "" if interval is None else f"{interval.low:{form}} to {interval.high:{form}}"
