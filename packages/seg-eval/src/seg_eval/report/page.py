"""Write `report.html`: one page that holds its pictures and links every file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.atomic_files import atomic_write_text
from seg_common.pictures.page import PagePicture, png_uri, render_page
from seg_eval.report.facts import facts_about_making, verdict
from seg_eval.report.measure_rows import measure_rows
from seg_eval.result_table import ABSENT, number, percent, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seg_common.model_paths import EvaluationPaths
    from seg_common.schema.evaluation import ClassScores, EvaluationDocument
    from seg_common.schema.prediction import PredictionRecord
    from seg_eval.report.picture import ReportPicture

FILES = {
    "report": "this page",
    "evaluation": "all scores (JSON)",
    "predicted_labels": "predicted labels (HDF5, dataset labels)",
    "prediction": "how the labels were predicted (YAML)",
    "classes_table": "scores by class (CSV)",
    "confusion_table": "confusion matrix (CSV)",
    "error_blobs_table": "error blobs (CSV)",
    "phase_blobs_table": "blobs of each predicted class (CSV)",
    "baselines_table": "baselines (CSV)",
    "profiles_table": "volume fractions slice by slice along each axis (CSV)",
    "representative_volume_table": "spread of the fractions against the size of blocks (CSV)",
    "segments_table": "VOI and adapted Rand by convention (CSV)",
    "detection_table": "detected and invented blobs by size (CSV)",
    "slice_errors_table": "error blobs within slices (CSV)",
    "surfaces_table": "surface distances and boundary Jaccard (CSV)",
    "reliability_table": "share of right voxels by probability (CSV)",
    "notable_slices_table": "slices to look at first (CSV)",
    "annotate_next_table": "slices whose labels would help the next training most (CSV)",
    "counts": "integer counts by cell, slice and bin (HDF5)",
    "manifest": "size and SHA-256 of every file (JSON)",
}
"""Files of an evaluation folder by the name of their path, and what they hold."""

WRITTEN_LATER = ("report", "manifest")


def write_report(
    paths: EvaluationPaths,
    document: EvaluationDocument,
    pictures: Sequence[ReportPicture],
    prediction: PredictionRecord | None = None,
) -> None:
    """Write the report.

    Parameters
    ----------
    paths : EvaluationPaths
        Folder with the other files, which are written already, but for the manifest.
    document : EvaluationDocument
        All scores.
    pictures : sequence of ReportPicture
        Files inside the folder.
    prediction : PredictionRecord, optional
        How the labels were predicted.
    """
    values = {
        "generator": "seg-eval",
        "document": document,
        "title": _title(document),
        "verdict": verdict(document),
        "facts": facts_about_making(document, prediction),
        "pictures": [_inline(paths, picture) for picture in pictures],
        "files": _files(paths, pictures),
        "by_probability": any(info.estimated_fraction_by_probability is not None for info in document.classes),
        "absent": ABSENT,
        "data_digest": document.reference_digest if document.volume is None else document.volume.image_digest,
        **measure_rows(document),
    }
    filters: dict[str, Callable[..., Any]] = {
        "number": number,
        "percent": percent,
        "readable": readable,
        "count": _count,
        "error_by_probability": _error_by_probability,
    }
    page = render_page("seg_eval.report", "report.html.j2", values, filters=filters)
    atomic_write_text(paths.report, page)


def _title(document: EvaluationDocument) -> str:
    if document.model is None:
        return "Score of two label volumes" if document.volume is None else f"Score of labels of {document.volume.name}"
    where = document.volume.name if document.volume is not None else "a volume"
    return f"{document.model.name} on {where}, {document.partition or 'whole volume'}"


def _inline(paths: EvaluationPaths, picture: ReportPicture) -> PagePicture:
    return PagePicture(
        section=picture.section,
        caption=picture.caption,
        alt=picture.alt,
        uri=png_uri(picture.path.read_bytes()),
        file=paths.relative(picture.path),
        width=picture.width,
    )


def _files(paths: EvaluationPaths, pictures: Sequence[ReportPicture]) -> list[tuple[str, str]]:
    """Relative path and content of every file of the folder."""
    files = [(getattr(paths, name), what) for name, what in FILES.items()]
    files = [(file, what) for file, what in files if file.is_file() or file in _later(paths)]
    files += [(picture.path, picture.caption) for picture in pictures]
    return [(paths.relative(file), what) for file, what in files]


def _later(paths: EvaluationPaths) -> list[object]:
    return [getattr(paths, name) for name in WRITTEN_LATER]


def _error_by_probability(info: ClassScores) -> float | None:
    """Relative error of the fraction by summed probability."""
    estimate, reference = info.estimated_fraction_by_probability, info.reference_fraction
    return (estimate - reference) / reference if estimate is not None and reference else None


def _count(value: float | None) -> str:
    """Whole numbers with separators; means with one digit; a dash for what there is none of."""
    if value is None:
        return ABSENT
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
