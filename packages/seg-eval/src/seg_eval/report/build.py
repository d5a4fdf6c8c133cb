"""Draw the report from the files of an evaluation folder, with nothing computed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.errors import SegError
from seg_common.schema.prediction import PredictionRecord
from seg_common.yaml_documents import read_document
from seg_eval.latex_tables import write_latex_tables
from seg_eval.report.counted_curves import read_curves
from seg_eval.report.figures import draw_figures
from seg_eval.report.gallery import draw_gallery
from seg_eval.report.page import write_page
from seg_eval.report.sections import draw_sections
from seg_eval.report.shown_slices import read_slices

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeVar

    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument

    T = TypeVar("T")


def build_report(
    paths: EvaluationPaths,
    document: EvaluationDocument,
    prediction: PredictionRecord | None = None,
    *,
    overwrite: bool = False,
) -> list[str]:
    """Write the page, its pictures and the LaTeX tables.

    Parameters
    ----------
    paths : EvaluationPaths
        Folder with the other files.
    document : EvaluationDocument
        All scores.
    prediction : PredictionRecord, optional
        How the labels were predicted; read when not given.
    overwrite : bool
        Whether an earlier report may be replaced.

    Returns
    -------
    list of str
        What had to be left out because a file of the folder is missing or damaged, and why.
    """
    missing: list[str] = []

    def read(what: str, path: Path, reader: Callable[[Path], T]) -> T | None:
        if not path.is_file():
            missing.append(f"{what}: {paths.relative(path)} is missing")
            return None
        try:
            return reader(path)
        except SegError as error:
            missing.append(f"{what}: {error}")
            return None

    slices = read("slices, sections and the pictures of the largest errors", paths.slices, read_slices) or []
    curves = read("profiles and curves of the probabilities", paths.counts, read_curves)
    if prediction is None and document.model is not None:
        prediction = read(
            "how the labels were predicted", paths.prediction, lambda path: read_document(path, PredictionRecord)
        )
    pictures = [
        *draw_sections(paths, document, slices, overwrite=overwrite),
        *draw_gallery(paths, document, slices, overwrite=overwrite),
        *draw_figures(paths, document, curves, overwrite=overwrite),
    ]
    tables = write_latex_tables(paths, document, overwrite=overwrite)
    write_page(paths, document, pictures, slices, tables, prediction, missing=missing, overwrite=overwrite)
    return missing
