"""Correct the fractions of an unlabelled volume with the evaluation of a labelled one by the same model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import SegError, VolumeError
from seg_common.evaluation_paths import EvaluationPaths
from seg_common.schema.evaluation_measures import CorrectedFraction, FractionCorrection
from seg_eval.counts_file import StoredCounts, read_counts
from seg_eval.metrics.block_bootstrap import bootstrap_blocks
from seg_eval.metrics.fraction_correction import ASSUMPTION, corrected_fractions, require_invertible
from seg_eval.metrics.histogram_shift import WARN_ABOVE, unexplained_share
from seg_eval.results_row import read_evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.schema.evaluation import EvaluationDocument
    from seg_common.schema.prediction import AggregationRecord, ModelReference
    from seg_common.volume.opened_volume import Volume
    from seg_eval.measurement import Measurement
    from seg_eval.metrics.block_bootstrap import Blocks
    from seg_eval.prediction.plan import PredictionPlan
    from seg_eval.prediction.trained_model import TrainedModel


@dataclass(frozen=True, eq=False)
class Calibration:
    """An evaluation of a labelled volume, ready to correct others."""

    path: Path
    """Its folder."""
    document: EvaluationDocument
    """Its scores."""
    counts: StoredCounts
    """Its counts."""
    blocks: Blocks
    """Its confusion by block."""


def open_calibration(path: Path | str, class_names: Sequence[str]) -> Calibration:
    """Open the evaluation of a labelled volume, and check that it can correct anything.

    Parameters
    ----------
    path : path
        An evaluation folder, or its ``evaluation.json``.
    class_names : sequence of str
        Classes of the volume to correct, in the order of their indices.

    Returns
    -------
    Calibration
        Checked.

    Raises
    ------
    SegError
        If it has no reference, other classes, too few voxels, or a confusion that cannot be inverted.
    """
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    document = read_evaluation(path)
    known = [info.name for info in document.classes]
    if known != list(class_names):
        msg = f"a calibration must have the same classes; {path} has {known}, the volume {list(class_names)}. Choose another one."
        raise SegError(msg)
    counts = read_counts(EvaluationPaths(root=folder).counts)
    require_invertible(counts.cells.sum(axis=(0, 1, 2)))
    blocks = bootstrap_blocks(counts.lattice, counts.cells)
    if blocks is None:
        msg = f"a calibration must hold at least 8 blocks of voxels; the region of {path} is [{document.region}]. Evaluate a larger one."
        raise SegError(msg)
    return Calibration(folder, document, counts, blocks)


def require_one_scheme(calibration: Calibration, model: ModelReference, aggregation: AggregationRecord) -> None:
    """Raise SegError unless the same weights predicted both volumes in the same way: errors depend on all of it."""
    before = calibration.document
    differences = []
    if before.model is None or before.model.weights_digest != model.weights_digest:
        differences.append(
            f"weights {None if before.model is None else before.model.weights_digest}, now {model.weights_digest}"
        )
    if before.aggregation != aggregation:
        differences.append(f"aggregation {before.aggregation}, now {aggregation}")
    if differences:
        msg = (
            f"a calibration must be of the same weights and aggregation; {calibration.path} has {'; '.join(differences)}. "
            "Evaluate the labelled volume again in the same way."
        )
        raise SegError(msg)


def calibration_for(
    path: Path | str | None, volume: Volume, model: TrainedModel, plan: PredictionPlan
) -> Calibration | None:
    """Open the evaluation to correct a volume with, before hours of other work.

    Parameters
    ----------
    path : path or None
        See `open_calibration`; nothing is corrected without.
    volume : Volume
        The volume to correct.
    model : TrainedModel
        What predicts it.
    plan : PredictionPlan
        How it is predicted.

    Returns
    -------
    Calibration or None
        Checked.

    Raises
    ------
    VolumeError
        If the volume has labels, which tell its errors themselves.
    SegError
        If the evaluation does not fit; see `open_calibration` and `require_one_scheme`.
    """
    if path is None:
        return None
    if volume.labels is not None:
        msg = (
            f"a calibration corrects volumes without labels; {volume.path} names some, which tell the errors themselves. "
            "Leave --calibration away."
        )
        raise VolumeError(msg)
    calibration = open_calibration(path, model.class_names)
    require_one_scheme(calibration, model.reference(), plan.aggregation_record())
    return calibration


def correct_fractions(
    calibration: Calibration, measurement: Measurement, class_names: Sequence[str]
) -> FractionCorrection:
    """Correct the fractions of a volume without a reference.

    Parameters
    ----------
    calibration : Calibration
        The labelled volume.
    measurement : Measurement
        Counts of the other one.
    class_names : sequence of str
        Classes in the order of their indices.

    Returns
    -------
    FractionCorrection
        Fractions with intervals, the assumption, and warnings where histograms speak against it.
    """
    predicted = measurement.predicted_counts
    corrected = corrected_fractions(calibration.blocks.confusions, predicted)
    grey = _grey_shift(calibration.counts, measurement, corrected.fractions)
    confidence = _probability_shift(calibration.counts, measurement, corrected.fractions)
    shifts = (("grey levels", grey), ("highest probabilities", confidence))
    warnings = [
        f"the {what} of {share:.0%} of the voxels are not explained by the classes of the calibration volume: "
        "its confusion may not hold here"
        for what, share in shifts
        if share is not None and share > WARN_ABOVE
    ]
    if calibration.blocks.still_rising:
        warnings.append(
            "errors of the calibration volume may be alike over more than its blocks: the intervals may be too narrow"
        )
    estimated = predicted / predicted.sum()
    return FractionCorrection(
        evaluation=str(calibration.path.resolve()),
        reference_digest=calibration.document.reference_digest,
        assumption=ASSUMPTION,
        blocks=len(calibration.blocks.confusions),
        block_side=calibration.blocks.side,
        classes=[
            CorrectedFraction(
                name=name,
                estimated_fraction=float(estimated[k]),
                corrected_fraction=float(corrected.fractions[k]),
                interval=corrected.intervals[k],
            )
            for k, name in enumerate(class_names)
        ],
        grey_shift=grey,
        probability_shift=confidence,
        warnings=warnings,
    )


def _grey_shift(counts: StoredCounts, measurement: Measurement, fractions: NDArray[np.float64]) -> float | None:
    if counts.grey_counts is None or counts.grey_edges is None:
        return None
    if measurement.grey_counts is None or measurement.grey_edges is None:
        return None
    if not np.array_equal(counts.grey_edges, measurement.grey_edges):
        return None
    return unexplained_share(measurement.grey_counts.sum(axis=0), counts.grey_counts, fractions)


def _probability_shift(counts: StoredCounts, measurement: Measurement, fractions: NDArray[np.float64]) -> float | None:
    if counts.confidence_counts is None or measurement.probabilities is None:
        return None
    observed = measurement.probabilities.confidence_counts.sum(axis=(0, 1))
    return unexplained_share(observed, counts.confidence_counts, fractions)
