"""Put counts and circumstances together into `evaluation.json`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.provenance import gather_provenance
from seg_common.schema.evaluation import EvaluationDocument
from seg_eval.metrics.phase_blobs import phase_blob_statistics
from seg_eval.metrics.variation_of_information import variation_of_information
from seg_eval.scores import class_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.schema.evaluation import BaselineScores
    from seg_common.schema.prediction import AggregationRecord, ModelReference, VolumeReference
    from seg_common.schema.volume import ClassInfo
    from seg_eval.measurement import Measurement
    from seg_eval.streaming.streaming_blobs import Connectivity


@dataclass(frozen=True)
class Subject:
    """What was measured: all that a score needs beside it to mean something."""

    scheme: Literal["aggregated_volume", "label_volumes"]
    """How the predicted labels came about."""
    classes: Sequence[ClassInfo]
    """Classes in the order of their indices."""
    region: Box
    """Voxels measured."""
    reference: str | None
    """Reference labels."""
    reference_digest: str | None
    """Their digest, over the region."""
    prediction: str
    """Predicted labels."""
    prediction_digest: str
    """Their digest."""
    partition: str | None = None
    """Name of the region."""
    model: ModelReference | None = None
    """The model."""
    volume: VolumeReference | None = None
    """The scan."""
    aggregation: AggregationRecord | None = None
    """How tiles were blended."""


def build_document(
    subject: Subject,
    measurement: Measurement,
    *,
    connectivity: Connectivity,
    baselines: dict[str, BaselineScores],
    left_out: Sequence[str],
    started: float,
    probability_sums: NDArray[np.float64] | None = None,
) -> EvaluationDocument:
    """Divide what was counted, and write down what it is about.

    Parameters
    ----------
    subject : Subject
        What was measured.
    measurement : Measurement
        Counts.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob.
    baselines : dict
        Scores of the baselines by name.
    left_out : sequence of str
        What could not be measured, and why.
    started : float
        ``time.monotonic()`` at the beginning of the measurement.
    probability_sums : ndarray of float, shape (class,), optional
        Probabilities summed over the voxels counted.

    Returns
    -------
    EvaluationDocument
        Complete.
    """
    classes, confusion, errors = subject.classes, measurement.confusion, measurement.error_blobs
    scores = None if confusion is None else scores_from_confusion(confusion)
    phases = phase_blob_statistics(measurement.phase_blobs, len(classes))
    return EvaluationDocument(
        scheme=subject.scheme,
        model=subject.model,
        volume=subject.volume,
        reference=subject.reference,
        reference_digest=subject.reference_digest,
        prediction=subject.prediction,
        prediction_digest=subject.prediction_digest,
        partition=subject.partition,
        region=subject.region,
        aggregation=subject.aggregation,
        connectivity=connectivity,
        voxels=int(measurement.predicted_counts.sum()),
        ignored_voxels=measurement.ignored_voxels,
        classes=class_scores(classes, measurement, probability_sums),
        mean_jaccard=None if scores is None else scores.mean_jaccard,
        accuracy=None if scores is None else scores.accuracy,
        confusion=None if confusion is None else confusion.tolist(),
        voi=None if confusion is None else variation_of_information(confusion),
        error_blobs=None if errors is None else {info.name: errors.of_class(i) for i, info in enumerate(classes)},
        error_blobs_pooled=None if errors is None else errors.pooled_statistics(),
        phase_blobs={info.name: statistics for info, statistics in zip(classes, phases, strict=True)},
        baselines=baselines,
        left_out=list(left_out),
        block_shape=measurement.block_shape,
        seconds=time.monotonic() - started,
        provenance=gather_provenance(),
    )
