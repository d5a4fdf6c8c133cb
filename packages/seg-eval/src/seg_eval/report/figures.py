"""All charts of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import rc_context

from seg_eval.report.blob_figures import draw_blob_sizes, draw_detection
from seg_eval.report.chart_style import STYLE
from seg_eval.report.confusion_figure import draw_confusion
from seg_eval.report.fraction_figures import draw_fractions, draw_profiles, draw_representative_volume
from seg_eval.report.probability_figures import draw_reliability, draw_score_curves

if TYPE_CHECKING:
    from seg_common.evaluation_paths import EvaluationPaths
    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.report.counted_curves import CountedCurves
    from seg_eval.report.picture import ReportPicture


def draw_figures(
    paths: EvaluationPaths, document: EvaluationDocument, curves: CountedCurves | None, *, overwrite: bool = False
) -> list[ReportPicture]:
    """Draw every chart that there is something to show in.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write, in its folder of pictures.
    document : EvaluationDocument
        All scores.
    curves : CountedCurves, optional
        For profiles and curves, which are left out without them.
    overwrite : bool
        Whether pictures of an earlier report may be replaced.

    Returns
    -------
    list of ReportPicture
        What was drawn.
    """
    scores = document.probabilities
    with rc_context(STYLE):
        pictures: list[ReportPicture | None] = [draw_fractions(paths, document, overwrite=overwrite)]
        if curves is not None:
            pictures.append(draw_profiles(paths, document, curves, overwrite=overwrite))
        if document.confusion is not None:
            pictures.append(draw_confusion(paths, document, overwrite=overwrite))
        # Documents of earlier versions have blobs without their histograms.
        if all(blobs.histogram is not None for blobs in document.phase_blobs.values() if blobs.count):
            pictures.append(draw_blob_sizes(paths, document, overwrite=overwrite))
        if any(one.reference or one.prediction for one in document.detection.values()):
            pictures.append(draw_detection(paths, document, overwrite=overwrite))
        if scores is not None:
            pictures.append(draw_reliability(paths, scores, overwrite=overwrite))
            if curves is not None and curves.scores is not None:
                pictures.append(draw_score_curves(paths, document, scores, curves.scores, overwrite=overwrite))
        if document.representative_volume:
            pictures.append(draw_representative_volume(paths, document, overwrite=overwrite))
    return [picture for picture in pictures if picture is not None]
