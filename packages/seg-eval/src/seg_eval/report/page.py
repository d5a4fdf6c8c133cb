"""Write `report.html`: one page that holds its pictures and links every file beside it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from seg_common.atomic_files import atomic_write_text
from seg_eval.report.facts import facts_about_making, verdict
from seg_eval.result_table import ABSENT, number, percent, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "manifest": "size and SHA-256 of every file (JSON)",
}
"""Files of an evaluation folder by the name of their path, and what they hold."""

WRITTEN_LATER = ("report", "manifest")


@dataclass(frozen=True)
class InlinePicture:
    """A picture inside the page."""

    section: str
    """Part of the report."""
    caption: str
    """Text below."""
    alt: str
    """What it shows, in words."""
    uri: str
    """Its bytes as a data URI."""
    file: str
    """The same picture as a file, relative to the page."""
    width: int
    """Width on the page in CSS pixels, where there is room."""


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
    environment = Environment(
        loader=PackageLoader("seg_eval.report"),
        autoescape=True,  # class and volume names are text from elsewhere
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "readable": readable,
        "count": _count,
        "error_by_probability": _error_by_probability,
    }
    page = environment.get_template("report.html.j2").render(
        document=document,
        title=_title(document),
        verdict=verdict(document),
        facts=facts_about_making(document, prediction),
        pictures=[_inline(paths, picture) for picture in pictures],
        files=_files(paths, pictures),
        by_probability=any(info.estimated_fraction_by_probability is not None for info in document.classes),
        absent=ABSENT,
    )
    atomic_write_text(paths.report, page)


def _title(document: EvaluationDocument) -> str:
    if document.model is None:
        return "Score of two label volumes" if document.volume is None else f"Score of labels of {document.volume.name}"
    where = document.volume.name if document.volume is not None else "a volume"
    return f"{document.model.name} on {where}, {document.partition or 'whole volume'}"


def _inline(paths: EvaluationPaths, picture: ReportPicture) -> InlinePicture:
    data = base64.b64encode(picture.path.read_bytes()).decode()
    uri = f"data:image/png;base64,{data}"
    return InlinePicture(
        section=picture.section,
        caption=picture.caption,
        alt=picture.alt,
        uri=uri,
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
