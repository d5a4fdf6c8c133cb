"""Draw the report of an evaluation again, in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.evaluation_paths import EvaluationPaths
from seg_eval.output_folder import renew_manifest, require_own
from seg_eval.report.build import build_report
from seg_eval.results_row import read_evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class RebuiltReport:
    """A report that was drawn again."""

    paths: EvaluationPaths
    """The evaluation folder."""
    left_out: list[str]
    """What it lacks because a file of the folder is missing or damaged, and why."""


def rebuild_report(evaluation: Path | str, *, overwrite: bool = False) -> RebuiltReport:
    """Write page, pictures and LaTeX tables again from the files of an evaluation; nothing is computed again.

    Neither the volume nor the model is needed. The files appear one by one, each whole, and the page last.

    Parameters
    ----------
    evaluation : path
        An evaluation folder, or its ``evaluation.json``.
    overwrite : bool
        Whether files may be replaced that were changed since the evaluation wrote them.

    Returns
    -------
    RebuiltReport

    Raises
    ------
    SegError
        If there is no evaluation.
    DocumentError
        If it does not match its schema.
    OutputExistsError
        If a file to be replaced is not what the evaluation wrote, and `overwrite` is false.
    """
    path = Path(evaluation)
    document = read_evaluation(path)
    paths = EvaluationPaths(root=path if path.is_dir() else path.parent)
    if not overwrite:
        require_own(paths, _drawn(paths))
    left_out = build_report(paths, document, overwrite=True)
    renew_manifest(paths, _drawn(paths))
    return RebuiltReport(paths, left_out)


def _drawn(paths: EvaluationPaths) -> Iterator[Path]:
    """Files that a report consists of."""
    if paths.report.is_file():
        yield paths.report
    for folder in (paths.pictures, paths.latex):
        yield from sorted(file for file in folder.glob("*.*") if file.is_file())
