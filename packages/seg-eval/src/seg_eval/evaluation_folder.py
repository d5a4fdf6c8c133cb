"""Write the results of one evaluation: the document, tables, pictures and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.cli_support import note
from seg_common.yaml_documents import write_document
from seg_eval.counts_file import write_counts
from seg_eval.tables import write_profiles, write_tables

if TYPE_CHECKING:
    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_common.schema.prediction import PredictionRecord
    from seg_eval.measured_arrays import MeasuredArrays
    from seg_eval.measurement import Measurement


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation."""

    document: EvaluationDocument
    """All scores."""
    paths: EvaluationPaths
    """Where everything was written."""


def write_evaluation(
    paths: EvaluationPaths,
    document: EvaluationDocument,
    arrays: MeasuredArrays,
    measurement: Measurement,
    prediction: PredictionRecord | None = None,
    *,
    quiet: bool = True,
) -> None:
    """Write everything that follows from the counts.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write.
    document : EvaluationDocument
        All scores.
    arrays : MeasuredArrays
        Voxels, for pictures of sections.
    measurement : Measurement
        Counts, for profiles and histograms.
    prediction : PredictionRecord, optional
        How the labels were predicted.
    quiet : bool
        Whether to say nothing.
    """
    # matplotlib and jinja2 take a second to import; whatever goes wrong before should not wait for them.
    from seg_eval.notebook.inspect_notebook import write_notebook
    from seg_eval.report.build import build_report
    from seg_eval.report.shown_slices import write_slices
    from seg_eval.report.slice_choice import choose_slices

    note("drawing the report", quiet=quiet)
    write_document(paths.evaluation, document)
    write_tables(paths, document)
    write_profiles(paths, document, measurement)
    write_counts(paths.counts, measurement)
    write_notebook(paths.notebook)
    write_slices(paths.slices, arrays, choose_slices(document))
    build_report(paths, document, prediction)
