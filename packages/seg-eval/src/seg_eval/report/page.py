"""Write `report.html`: one page that holds its pictures and links every file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.atomic_files import atomic_write_text
from seg_common.pictures.page import PagePicture, png_uri, render_page
from seg_eval.report.facts import facts_about_making, verdict
from seg_eval.report.file_list import file_list
from seg_eval.report.gallery import place_in_words
from seg_eval.report.measure_rows import measure_rows
from seg_eval.report.methods import methods_paragraph
from seg_eval.report.panels import background_class
from seg_eval.report.score_rows import score_rows
from seg_eval.report.viewer_data import viewer_data
from seg_eval.report.words import blob_place, unit_in_words
from seg_eval.result_table import ABSENT, number, percent, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_common.schema.prediction import PredictionRecord
    from seg_eval.report.picture import ReportPicture
    from seg_eval.report.shown_slices import ShownSlice


def write_page(
    paths: EvaluationPaths,
    document: EvaluationDocument,
    pictures: Sequence[ReportPicture],
    slices: Sequence[ShownSlice] = (),
    tables: Sequence[Path] = (),
    prediction: PredictionRecord | None = None,
    *,
    missing: Sequence[str] = (),
    overwrite: bool = False,
) -> None:
    """Write the page.

    Parameters
    ----------
    paths : EvaluationPaths
        Folder with the other files, which are written already, but for those that are written last.
    document : EvaluationDocument
        All scores.
    pictures : sequence of ReportPicture
        Files inside the folder.
    slices : sequence of ShownSlice
        For the viewer, the most wanted first.
    tables : sequence of Path
        LaTeX tables.
    prediction : PredictionRecord, optional
        How the labels were predicted.
    missing : sequence of str
        What had to be left out of the page, and why.
    overwrite : bool
        Whether an earlier page may be replaced.
    """
    values = {
        "generator": "seg-eval",
        "document": document,
        "title": _title(document),
        "verdict": verdict(document),
        "missing": missing,
        "facts": facts_about_making(document, prediction),
        "methods": methods_paragraph(document, prediction),
        "pictures": [_inline(paths, picture) for picture in pictures],
        "viewer_data": viewer_data(document, slices, background_class(document)) if slices else None,
        "files": file_list(paths, tables),
        "absent": ABSENT,
        "data_digest": document.reference_digest if document.volume is None else document.volume.image_digest,
        **score_rows(document),
        **measure_rows(document),
    }
    filters: dict[str, Callable[..., Any]] = {
        "number": number,
        "percent": percent,
        "readable": readable,
        "count": _count,
        "unit": unit_in_words,
        "place": place_in_words,
        "slice_place": blob_place,
    }
    page = render_page(
        "seg_eval.report",
        "report.html.j2",
        values,
        filters=filters,
        styles=["report.css", "viewer.css"],
        scripts=["viewer.js", "copy.js"],
    )
    atomic_write_text(paths.report, page, overwrite=overwrite)


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
        uri=picture.uri or png_uri(picture.path.read_bytes()),
        file=paths.relative(picture.path),
        width=picture.width,
        files=tuple((path.suffix[1:].upper(), paths.relative(path)) for path in picture.files),
    )


def _count(value: float | None) -> str:
    """Whole numbers with separators; means with one digit; a dash for what there is none of."""
    if value is None:
        return ABSENT
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
