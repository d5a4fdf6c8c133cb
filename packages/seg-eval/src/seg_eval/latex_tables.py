"""The tables that papers print, as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_text
from seg_eval.latex_table import latex_table
from seg_eval.result_table import ABSENT, number, percent, readable

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import BlobStatistics, EvaluationDocument
    from seg_common.schema.evaluation_measures import Interval

Table = tuple[str, int, list[str], list[list[str]]]
"""Caption, columns of words, heads, rows."""


def write_latex_tables(paths: EvaluationPaths, document: EvaluationDocument, *, overwrite: bool = False) -> list[Path]:
    """Write ``latex/*.tex``, one file for each table that has rows.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write.
    document : EvaluationDocument
        All scores.
    overwrite : bool
        Whether tables of an earlier report may be replaced.

    Returns
    -------
    list of Path
        The files.
    """
    written = []
    for name, (caption, words, heads, rows) in _tables(document).items():
        if rows:
            path = paths.latex / f"{name}.tex"
            text = latex_table(heads, rows, caption, name.replace("_", "-"), words=words)
            atomic_write_text(path, text, overwrite=overwrite)
            written.append(path)
    return written


def _tables(document: EvaluationDocument) -> dict[str, Table]:
    return {
        "scores": _scores(document),
        "volume_fractions": _fractions(document),
        "confusion": _confusion(document),
        "error_blobs": _error_blobs(document),
        "segments": _segments(document),
        "surfaces": _surfaces(document),
    }


def with_interval(value: float | None, interval: Interval | None, *, digits: int = 4) -> str:
    """Write a number with its 95 % interval in brackets.

    Examples
    --------
    >>> from seg_common.schema.evaluation_measures import Interval
    >>> with_interval(0.5, Interval(low=0.25, high=0.75), digits=2)
    '0.50 [0.25, 0.75]'
    """
    if value is None:
        return ABSENT
    told = f"{value:.{digits}f}"
    return told if interval is None else f"{told} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def _scores(document: EvaluationDocument) -> Table:
    names = list(document.baselines)
    heads = [
        "class",
        "Jaccard [95 %]",
        *(f"Jaccard, {readable(name)}" for name in names),
        "Dice",
        "precision",
        "recall",
    ]
    rows = []
    if document.confusion is not None:
        for index, info in enumerate(document.classes):
            others = [number(document.baselines[name].classes[index].jaccard) for name in names]
            own = with_interval(info.jaccard, info.jaccard_interval)
            rows.append([info.name, own, *others, number(info.dice), number(info.precision), number(info.recall)])
        others = [number(document.baselines[name].mean_jaccard) for name in names]
        mean = [] if document.mean is None else [document.mean.dice, document.mean.precision, document.mean.recall]
        own = with_interval(document.mean_jaccard, document.mean_jaccard_interval)
        rows.append(["mean", own, *others, *(map(number, mean) if mean else [ABSENT] * 3)])
    return (
        "Agreement of prediction and reference by class, with 95 % intervals, beside the baselines.",
        1,
        heads,
        rows,
    )


def _fractions(document: EvaluationDocument) -> Table:
    compared = document.confusion is not None
    by_probability = any(info.estimated_fraction_by_probability is not None for info in document.classes)
    heads = ["class", *(["reference [95 %]"] if compared else []), "by labels [95 %]"]
    heads += ["by probability [95 %]"] if by_probability else []
    heads += ["relative error"] if compared else []
    rows = []
    for info in document.classes:
        reference = with_interval(info.reference_fraction, info.reference_fraction_interval)
        row = [info.name, *([reference] if compared else [])]
        row.append(with_interval(info.estimated_fraction, info.estimated_fraction_interval))
        if by_probability:
            interval = info.estimated_fraction_by_probability_interval
            row.append(with_interval(info.estimated_fraction_by_probability, interval))
        rows.append(row + ([percent(info.relative_error)] if compared else []))
    return ("Volume fractions by class, with 95 % intervals.", 1, heads, rows)


def _confusion(document: EvaluationDocument) -> Table:
    names = [info.name for info in document.classes]
    rows = [
        [name, *(f"{count:,}" for count in counts)]
        for name, counts in zip(names, document.confusion or [], strict=False)
    ]
    return ("Voxels by reference class (rows) and predicted class (columns).", 1, ["reference", *names], rows)


def _error_blobs(document: EvaluationDocument) -> Table:
    kinds = (("fp", "false positive"), ("fn", "false negative"), ("both", "both"))
    rows = [
        [name, words, *_sizes(getattr(blobs, kind))]
        for name, blobs in (document.error_blobs or {}).items()
        for kind, words in kinds
    ]
    if document.error_blobs_pooled is not None:
        rows.append(["all", "pooled", *_sizes(document.error_blobs_pooled)])
    heads = ["class", "kind", "blobs", "voxels", "smallest", "median", "mean", "largest"]
    return ("Connected wrong voxels by class; sizes in voxels.", 2, heads, rows)


def _sizes(blobs: BlobStatistics) -> list[str]:
    whole = [ABSENT if size is None else f"{size:,.0f}" for size in (blobs.count, blobs.total, blobs.min)]
    mean = [ABSENT if size is None else f"{size:,.1f}" for size in (blobs.median, blobs.mean)]
    return [*whole, *mean, ABSENT if blobs.max is None else f"{blobs.max:,}"]


def _segments(document: EvaluationDocument) -> Table:
    rows = [
        [
            one.convention.replace("_", " ") if one.class_name is None else f"components of {one.class_name}",
            number(one.voi_split),
            number(one.voi_merge),
            number(one.adapted_rand_error),
        ]
        for one in document.segment_agreement
    ]
    heads = ["segments", "VOI split (bits)", "VOI merge (bits)", "adapted Rand error"]
    return ("Variation of information and adapted Rand error by what counts as a segment.", 1, heads, rows)


def _surfaces(document: EvaluationDocument) -> Table:
    rows = [
        [name, number(one.mean_distance), number(one.distance_95), one.unit, number(one.boundary_jaccard)]
        for name, one in document.surfaces.items()
    ]
    heads = ["class", "mean distance", "95 % distance", "unit", "boundary Jaccard"]
    return ("Distances between the surfaces of prediction and reference.", 1, heads, rows)
