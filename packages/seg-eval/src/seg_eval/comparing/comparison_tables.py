"""A comparison as CSV tables, as a LaTeX table for a paper, and as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_text
from seg_eval.comparing.schemes import aggregation_text
from seg_eval.latex_table import latex_table
from seg_eval.result_table import ABSENT, number, percent
from seg_eval.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.evaluation_paths import ComparisonPaths
    from seg_common.results_log import Cell
    from seg_common.schema.comparison import ComparedMember, ComparisonDocument
    from seg_common.schema.evaluation_measures import Interval

Row = dict[str, "Cell"]


def write_tables(paths: ComparisonPaths, document: ComparisonDocument) -> None:
    """Write every table.

    Parameters
    ----------
    paths : ComparisonPaths
        Where to write.
    document : ComparisonDocument
        All scores.
    """
    write_table(paths.members_table, [member_row(document, member) for member in document.members])
    write_table(paths.scores_table, score_rows(document))
    write_table(paths.differences_table, difference_rows(document))
    write_table(paths.confusions_table, confusion_rows(document))
    if rows := detection_rows(document):
        write_table(paths.detection_table, rows)
    atomic_write_text(paths.latex_table, latex_scores(document))


def member_row(document: ComparisonDocument, member: ComparedMember) -> Row:
    """Give the row of one member: the scheme that its scores hold for, its means and its cost."""
    model, volume, aggregation, cost = member.model, member.volume, member.aggregation, member.cost
    return {
        "member": member.name,
        "scheme": member.scheme,
        "model_id": None if model is None else model.model_id,
        "weights": None if model is None else model.weights,
        "dimensions": None if model is None else model.dimensions,
        "batch_size": None if model is None else model.batch_size,
        "image_size": None if model is None else sides(model.image_size),
        "channels": None if model is None else model.channels,
        "crops": None if model is None else model.crops,
        "volume": None if volume is None else volume.name,
        "data_digest": None if volume is None else volume.image_digest,
        "reference_digest": member.reference_digest,
        "aggregation": None if aggregation is None else aggregation_text(aggregation),
        "tile_shape": None if aggregation is None else sides(aggregation.tile_shape),
        "min_overlap": None if aggregation is None else sides(aggregation.min_overlap),
        "halo": None if aggregation is None else sides(aggregation.halo),
        "region": str(document.region),
        "voxels": document.voxels,
        "trained_share": member.trained_share,
        "mean_jaccard": member.mean_jaccard,
        **_interval_cells("mean_jaccard", member.mean_jaccard_interval),
        "accuracy": member.accuracy,
        **_interval_cells("accuracy", member.accuracy_interval),
        "voi_split": None if member.voi is None else member.voi.split,
        "voi_merge": None if member.voi is None else member.voi.merge,
        "error_blobs": member.error_blobs,
        "best_share": member.best_share,
        **cost.model_dump(),
        "path": member.path,
    }


def score_rows(document: ComparisonDocument) -> list[Row]:
    """One row per member and class."""
    return [
        {
            "member": member.name,
            "scheme": member.scheme,
            "class": info.name,
            "jaccard": info.jaccard,
            **_interval_cells("jaccard", info.jaccard_interval),
            "dice": info.dice,
            "precision": info.precision,
            "recall": info.recall,
            "reference_fraction": fraction,
            "estimated_fraction": info.estimated_fraction,
            **_interval_cells("estimated_fraction", info.estimated_fraction_interval),
            "absolute_error": info.absolute_error,
            **_interval_cells("absolute_error", info.absolute_error_interval),
            "relative_error": info.relative_error,
            "false_positive_blobs": info.false_positive_blobs,
            "false_negative_blobs": info.false_negative_blobs,
        }
        for member in document.members
        for info, fraction in zip(member.classes, document.reference_fractions, strict=True)
    ]


def difference_rows(document: ComparisonDocument) -> list[Row]:
    """One row per pair of members and measure."""
    return [
        {
            "first": one.first,
            "second": one.second,
            "measure": one.measure,
            "class": one.class_name,
            "second_minus_first": one.difference,
            **_interval_cells("difference", one.interval),
            "clear": one.clear,
        }
        for one in document.differences
    ]


def detection_rows(document: ComparisonDocument) -> list[Row]:
    """One row per member, class and range of sizes: blobs of the reference, and how many of them are found."""
    return [
        {"member": member.name, "class": info.name, **one.model_dump()}
        for member in document.members
        for info in member.classes
        for one in info.detection
    ]


def confusion_rows(document: ComparisonDocument) -> list[Row]:
    """One row per member, number of visits and reference class; answers by predicted class."""
    names = [info.name for info in document.classes]
    return [
        {
            "member": member.name,
            "visits": answers.visits,
            "reference": name,
            **{f"predicted {other}": count for other, count in zip(names, counts, strict=True)},
        }
        for member in document.members
        for answers in member.answers
        for name, counts in zip(names, answers.confusion, strict=True)
    ]


def comparison_table(document: ComparisonDocument) -> str:
    """Lay the main scores out for reading in a terminal.

    Parameters
    ----------
    document : ComparisonDocument
        All scores.

    Returns
    -------
    str
        Lines without an end of line after the last: members in the order given; what speaks against quoting them.
    """
    rows = [headings(document), *(cells(document, member) for member in document.members)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for place, row in enumerate(rows):
        first, *others = row
        numbers = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *numbers]).rstrip())
        if place == 0:
            lines.append("  ".join("-" * width for width in widths))
    if document.constant_answer is not None:
        constant = document.constant_answer
        lines.append(
            f"\nconstant answer: {constant.class_name} everywhere has mean Jaccard {constant.mean_jaccard:.4f}"
        )
    lines += [f"differs clearly: {sentence}" for sentence in clear_differences(document)]
    return "\n".join([*lines, *(f"note: {remark}" for remark in document.remarks)])


def headings(document: ComparisonDocument) -> list[str]:
    """Columns of the main table; what members differ in stands beside their names."""
    columns = ["member", *document.mixed, "mean Jaccard", "95 % from", "to", "best in"]
    columns += [f"Jaccard {info.name}" for info in document.classes]
    return [*columns, *(f"fraction error {info.name}" for info in document.classes)]


def cells(document: ComparisonDocument, member: ComparedMember) -> list[str]:
    """Text of one row of the main table."""
    interval = member.mean_jaccard_interval
    means = [number(member.mean_jaccard), *((ABSENT, ABSENT) if interval is None else map(number, _ends(interval)))]
    means.append(ABSENT if member.best_share is None else f"{member.best_share:.0%}")
    jaccards = [number(info.jaccard) for info in member.classes]
    errors = [percent(info.relative_error) for info in member.classes]
    return [member.name, *(mixed_cell(name, member) for name in document.mixed), *means, *jaccards, *errors]


def mixed_cell(name: str, member: ComparedMember) -> str:
    """Say what a member is in a property that members differ in."""
    if name == "scheme":
        return member.scheme.replace("_", " ")
    if name == "aggregation":
        return ABSENT if member.aggregation is None else aggregation_text(member.aggregation)
    digest = member.reference_digest
    if name == "data":
        digest = "" if member.volume is None else member.volume.image_digest or ""
    return digest.removeprefix("sha256:")[:8] or ABSENT


def clear_differences(document: ComparisonDocument) -> list[str]:
    """Sentences about the mean Jaccard of the members that the first one differs from clearly."""
    sentences = []
    for one in document.differences:
        wanted = one.measure == "mean_jaccard" and one.first == document.members[0].name and one.clear
        if wanted and one.difference is not None and one.interval is not None:
            sentences.append(
                f"{one.second} - {one.first} = {one.difference:+.4f} mean Jaccard "
                f"({one.interval.low:+.4f} to {one.interval.high:+.4f})"
            )
    return sentences


def latex_scores(document: ComparisonDocument) -> str:
    """Write the main scores as a LaTeX table, for the package booktabs.

    Parameters
    ----------
    document : ComparisonDocument
        All scores.

    Returns
    -------
    str
        Text of a ``.tex`` file; names from elsewhere are escaped.
    """
    caption = f"{len(document.members)} members on the same {document.voxels:,} voxels. Fraction errors are relative."
    if document.bootstrap is not None:
        caption += " 95 % intervals of the mean Jaccard by block bootstrap; 'best in' is the share of its drawings."
    rows = [cells(document, member) for member in document.members]
    return latex_table(headings(document), rows, caption, "comparison", words=1 + len(document.mixed))


def sides(shape: Sequence[int]) -> str:
    """Sides of a box as in ``1x64x64``."""
    return "x".join(map(str, shape))


def _ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def _interval_cells(name: str, interval: Interval | None) -> Row:
    return {
        f"{name}_low": None if interval is None else interval.low,
        f"{name}_high": None if interval is None else interval.high,
    }
