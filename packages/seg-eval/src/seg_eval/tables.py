"""The scores as CSV tables, one per file, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, get_args

from seg_common.atomic_files import atomic_write_text
from seg_common.results_log import spreadsheet_text
from seg_common.schema.base import StrictModel
from seg_eval.metrics.blob_statistics import AXES
from seg_eval.streaming.probability_counts import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.results_log import Cell
    from seg_common.schema.evaluation import BlobStatistics, EvaluationDocument
    from seg_eval.measurement import Measurement

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
    write_table(paths.classes_table, [flat_cells(info) for info in document.classes])
    write_table(paths.phase_blobs_table, phase_blob_rows(document))
    if document.confusion is not None:
        write_table(paths.confusion_table, confusion_rows(document))
    if document.error_blobs is not None:
        write_table(paths.error_blobs_table, error_blob_rows(document))
    if document.baselines:
        write_table(paths.baselines_table, baseline_rows(document))
    for path, rows in (
        (paths.representative_volume_table, representative_volume_rows(document)),
        (paths.segments_table, [flat_cells(one) for one in document.segment_agreement]),
        (paths.detection_table, detection_rows(document)),
        (paths.slice_errors_table, slice_error_rows(document)),
        (paths.surfaces_table, [{"class": name, **flat_cells(one)} for name, one in document.surfaces.items()]),
        (paths.reliability_table, reliability_rows(document)),
        (paths.notable_slices_table, [flat_cells(one) for one in document.notable_slices]),
        (paths.annotate_next_table, [flat_cells(one) for one in document.annotate_next]),
    ):
        if rows:
            write_table(path, rows)


def write_profiles(paths: EvaluationPaths, document: EvaluationDocument, measurement: Measurement) -> None:
    """Write volume fractions and errors slice by slice along each axis; empty cells where no voxel is known."""
    write_table(paths.profiles_table, profile_rows(document, measurement))


def profile_rows(document: EvaluationDocument, measurement: Measurement) -> Iterator[Row]:
    """Give one row per axis, slice and class; places are those of the volume."""
    counts, probabilities = measurement.counts, measurement.probabilities
    for axis, name in enumerate(AXES):
        for place, slices in enumerate(counts.slices[axis].tolist()):
            voxels = sum(predicted for _, predicted, _ in slices)
            wrong = voxels - sum(right for _, _, right in slices)
            for k, info in enumerate(document.classes):
                reference, predicted, _ = slices[k]
                row: Row = {
                    "axis": name,
                    "index": counts.region.start[axis] + place,
                    "class": info.name,
                    "voxels": voxels,
                }
                if measurement.compared is not None:
                    row["reference_fraction"] = reference / voxels if voxels else None
                    row["wrong_voxels"] = wrong
                row["estimated_fraction"] = predicted / voxels if voxels else None
                if probabilities is not None:
                    sums = probabilities.slices[axis][place]
                    row["estimated_fraction_by_probability"] = int(sums[k]) / int(sums.sum()) if sums.any() else None
                    area = counts.region.voxels // counts.region.shape[axis]
                    row["mean_entropy"] = int(probabilities.entropy[axis][place]) / STEPS / area
                yield row


def phase_blob_rows(document: EvaluationDocument) -> list[Row]:
    """One row per class of the prediction, then one per class of the reference."""
    volumes = (("prediction", document.phase_blobs), ("reference", document.reference_blobs))
    return [
        {"class": name, "volume": volume, **_blob_cells(blobs)}
        for volume, phases in volumes
        for name, blobs in phases.items()
    ]


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


def representative_volume_rows(document: EvaluationDocument) -> list[Row]:
    """One row per side and class."""
    return [
        {
            "side": point.side,
            "blocks": point.blocks,
            "class": info.name,
            "spread": point.spread[k],
            "standard_error": point.standard_error[k],
        }
        for point in document.representative_volume
        for k, info in enumerate(document.classes)
    ]


def detection_rows(document: EvaluationDocument) -> list[Row]:
    """One row per class, volume and range of sizes."""
    return [
        {"class": name, "blobs_of": volume, **flat_cells(one)}
        for name, detection in document.detection.items()
        for volume in ("reference", "prediction")
        for one in getattr(detection, volume)
    ]


def slice_error_rows(document: EvaluationDocument) -> list[Row]:
    """One row per axis, class and kind, and one per axis for all classes pooled."""
    rows: list[Row] = []
    for axis, errors in document.slice_errors.items():
        rows += [
            {"slices_across": axis, "class": name, "kind": kind, **flat_cells(getattr(blobs, kind))}
            for name, blobs in errors.classes.items()
            for kind in ("fp", "fn", "both")
        ]
        rows.append({"slices_across": axis, "class": "all", "kind": "pooled", **flat_cells(errors.pooled)})
    return rows


def reliability_rows(document: EvaluationDocument) -> list[Row]:
    """One row per class and bin; the class ``all`` stands for the highest probability."""
    if document.probabilities is None:
        return []
    groups = [("all", document.probabilities.reliability)]
    groups += [(info.name, info.reliability) for info in document.probabilities.classes]
    return [{"class": name, **flat_cells(one)} for name, bins in groups for one in bins]


def flat_cells(model: StrictModel) -> Row:
    """Lay the fields of a model side by side, those of a part under its name and theirs; a part that is missing has none."""
    cells: Row = {}
    for name, value in model.model_dump().items():
        if isinstance(value, dict):
            cells |= {f"{name}_{inner}": cell for inner, cell in value.items()}
        elif value is not None or not _is_part(type(model).model_fields[name].annotation):
            cells[name] = value
    return cells


def _is_part(annotation: Any) -> bool:
    """Whether a field holds another model, or nothing."""
    return any(isinstance(kind, type) and issubclass(kind, StrictModel) for kind in get_args(annotation))


def _blob_cells(blobs: BlobStatistics) -> Row:
    cells = flat_cells(blobs.model_copy(update={"largest": [], "longest_axis_counts": {}, "histogram": None}))
    for name in ("largest", "longest_axis_counts", "histogram"):
        cells.pop(name, None)
    cells |= {f"longest_along_{axis}": count for axis, count in blobs.longest_axis_counts.items()}
    if blobs.largest:
        cells["largest_at"] = str(blobs.largest[0].box)
    return cells


def write_table(path: Path, rows: Iterable[Mapping[str, Cell]]) -> None:
    """Write rows as CSV, with the columns of all of them; no text is a formula."""
    rows = list(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([spreadsheet_text(column) for column in columns])
    for row in rows:
        cells = (row.get(column) for column in columns)
        table.writerow([spreadsheet_text(cell) if isinstance(cell, str) else cell for cell in cells])
    atomic_write_text(path, text.getvalue())
