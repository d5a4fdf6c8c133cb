"""The scores as a table of plain text, for the end of a run in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_eval.unlabelled.lines import doubt_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seg_common.schema.evaluation import BlobStatistics, EvaluationDocument
    from seg_common.schema.evaluation_measures import FractionCorrection, Interval

ABSENT = "-"


def result_table(document: EvaluationDocument) -> str:
    """Lay the main scores out for reading: per class beside the baselines, then VOI, then error blobs.

    Parameters
    ----------
    document : EvaluationDocument
        All scores, for example read from ``evaluation.json``.

    Returns
    -------
    str
        Lines without an end of line after the last.
    """
    return "\n".join(_lines(document))


def _lines(document: EvaluationDocument) -> Iterator[str]:
    yield from _aligned(_class_table(document))
    interval = document.mean_jaccard_interval
    if interval is not None and document.bootstrap is not None:
        yield ""
        yield (
            f"mean Jaccard {number(interval.low)} to {number(interval.high)} with 95 % "
            f"(drawn from {document.bootstrap.blocks} blocks of {document.bootstrap.block_side} voxels a side)"
        )
    if document.correction is not None:
        yield ""
        yield from _correction(document.correction)
    if document.voi is not None:
        yield ""
        yield f"VOI    split {document.voi.split:.4f} bits, merge {document.voi.merge:.4f} bits"
    if document.error_blobs is not None:
        yield ""
        yield from _aligned(_blob_table(document))
    if document.error_blobs is None:
        yield ""
        header = ["blobs", "count", "smallest", "mean", "largest"]
        rows = [[name, *_sizes(blobs)] for name, blobs in document.phase_blobs.items()]
        yield from _aligned([header, *rows])
    if document.baselines:
        yield ""
        for name, baseline in document.baselines.items():
            yield f"{readable(name)}: {baseline.description}; fitted on the {baseline.fitted_on.removeprefix('the ')}"
    doubt = list(doubt_lines(document))
    if doubt:
        yield ""
        yield from doubt
    for remark in document.left_out:
        yield f"left out: {remark}"


def _correction(correction: FractionCorrection) -> Iterator[str]:
    """Corrected fractions, what has to hold, and what speaks against it."""
    rows = [["corrected", "estimated fraction", "corrected", "95 % from", "to"]]
    rows += [
        [one.name, number(one.estimated_fraction), number(one.corrected_fraction), *_ends(one.interval)]
        for one in correction.classes
    ]
    yield from _aligned(rows)
    yield f"assumed: {correction.assumption}"
    for warning in correction.warnings:
        yield f"warning: {warning}"


def _ends(interval: Interval | None) -> tuple[str, str]:
    return (ABSENT, ABSENT) if interval is None else (number(interval.low), number(interval.high))


def _class_table(document: EvaluationDocument) -> list[list[str]]:
    by_probability = any(info.estimated_fraction_by_probability is not None for info in document.classes)
    if document.confusion is None:
        header = ["class", "estimated fraction", "95 % from", "to", *(["by probability"] if by_probability else [])]
        return [
            header,
            *(
                [
                    info.name,
                    number(info.estimated_fraction),
                    *_ends(info.estimated_fraction_interval),
                    *([number(info.estimated_fraction_by_probability)] if by_probability else []),
                ]
                for info in document.classes
            ),
        ]
    header = ["class", "Jaccard", *map(readable, document.baselines), "precision", "recall", "reference fraction"]
    header += ["estimated", *(["by probability"] if by_probability else []), "relative error"]
    rows = [header]
    for index, info in enumerate(document.classes):
        row = [info.name, number(info.jaccard)]
        row += [number(baseline.classes[index].jaccard) for baseline in document.baselines.values()]
        row += [number(info.precision), number(info.recall), number(info.reference_fraction)]
        row += [number(info.estimated_fraction)]
        row += [number(info.estimated_fraction_by_probability)] if by_probability else []
        rows.append([*row, percent(info.relative_error)])
    means = [number(baseline.mean_jaccard) for baseline in document.baselines.values()]
    mean = ["mean", number(document.mean_jaccard), *means]
    rows.append(mean + [""] * (len(header) - len(mean)))
    return rows


def _blob_table(document: EvaluationDocument) -> list[list[str]]:
    rows = [["error blobs", "kind", "count", "smallest", "mean", "largest"]]
    kinds = (("fp", "false positive"), ("fn", "false negative"), ("both", "both"))
    for name, blobs in (document.error_blobs or {}).items():
        for place, (kind, words) in enumerate(kinds):
            rows.append(["" if place else name, words, *_sizes(getattr(blobs, kind))])
    return rows


def _sizes(blobs: BlobStatistics) -> list[str]:
    if not blobs.count:
        return ["0", ABSENT, ABSENT, ABSENT]
    return [f"{blobs.count:,}", f"{blobs.min:,}", f"{blobs.mean:,.1f}", f"{blobs.max:,}"]


def readable(name: str) -> str:
    """Name of a baseline in words."""
    return name.replace("_", " ")


def number(value: float | None) -> str:
    """Four digits after the point; a dash for what cannot be measured."""
    return ABSENT if value is None else f"{value:.4f}"


def percent(value: float | None) -> str:
    """Per cent with its sign; a dash for what cannot be measured."""
    return ABSENT if value is None else f"{value:+.1%}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Align the columns: words to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    words = [column == 0 or rows[0][column] == "kind" for column in range(len(widths))]
    for place, row in enumerate(rows):
        cells = [
            cell.ljust(width) if is_word else cell.rjust(width)
            for cell, width, is_word in zip(row, widths, words, strict=True)
        ]
        yield "  ".join(cells).rstrip()
        if place == 0:
            yield "  ".join("-" * width for width in widths)
