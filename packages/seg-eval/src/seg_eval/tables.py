"""The scores as CSV tables, one per file, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from seg_common.model_paths import EvaluationPaths
    from seg_common.results_log import Cell
    from seg_common.schema.evaluation import BlobStatistics, EvaluationDocument

Row = dict[str, "Cell"]


def write_tables(paths: EvaluationPaths, document: EvaluationDocument) -> None:
    """Write every table that the document has something for.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write.
    document : EvaluationDocument
        All scores.
    """
    _write(paths.classes_table, [info.model_dump() for info in document.classes])
    _write(paths.phase_blobs_table, phase_blob_rows(document))
    if document.confusion is not None:
        _write(paths.confusion_table, confusion_rows(document))
    if document.error_blobs is not None:
        _write(paths.error_blobs_table, error_blob_rows(document))
    if document.baselines:
        _write(paths.baselines_table, baseline_rows(document))


def phase_blob_rows(document: EvaluationDocument) -> list[Row]:
    """One row per class of the prediction."""
    return [{"class": name, **_blob_cells(blobs)} for name, blobs in document.phase_blobs.items()]


def error_blob_rows(document: EvaluationDocument) -> list[Row]:
    """One row per class and kind (fp, fn, both), and one for all classes pooled."""
    rows: list[Row] = [
        {"class": name, "kind": kind, **_blob_cells(getattr(blobs, kind))}
        for name, blobs in (document.error_blobs or {}).items()
        for kind in ("fp", "fn", "both")
    ]
    if document.error_blobs_pooled is not None:
        rows.append({"class": "all", "kind": "pooled", **_blob_cells(document.error_blobs_pooled)})
    return rows


def confusion_rows(document: EvaluationDocument) -> list[Row]:
    """One row per reference class, one column per predicted class, in voxels."""
    names = [info.name for info in document.classes]
    return [
        {"reference": name, **{f"predicted {other}": count for other, count in zip(names, counts, strict=True)}}
        for name, counts in zip(names, document.confusion or [], strict=True)
    ]


def baseline_rows(document: EvaluationDocument) -> list[Row]:
    """One row per baseline and class."""
    return [
        {
            "baseline": name,
            "class": info.name,
            "jaccard": info.jaccard,
            "estimated_fraction": info.estimated_fraction,
            "mean_jaccard": baseline.mean_jaccard,
            "description": baseline.description,
            "fitted_on": baseline.fitted_on,
        }
        for name, baseline in document.baselines.items()
        for info in baseline.classes
    ]


def _blob_cells(blobs: BlobStatistics) -> Row:
    cells: Row = blobs.model_dump(exclude={"largest", "longest_axis_counts"})
    cells |= {f"longest_along_{axis}": count for axis, count in blobs.longest_axis_counts.items()}
    if blobs.largest:
        cells["largest_at"] = str(blobs.largest[0].box)
    return cells


def _write(path: Path, rows: Iterable[Mapping[str, Cell]]) -> None:
    rows = list(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    atomic_write_text(path, text.getvalue())
