"""Put counts and circumstances together into `evaluation.json`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from seg_common.provenance import gather_provenance
from seg_common.schema.evaluation import EvaluationDocument
from seg_eval.evaluation_parts import class_intervals, compared_parts, free_parts
from seg_eval.metrics.blob_statistics import Surroundings
from seg_eval.metrics.block_bootstrap import bootstrap_blocks
from seg_eval.scores import class_scores
from seg_eval.unlabelled.annotate_next import slices_to_annotate
from seg_eval.unlabelled.uncertainty import uncertainty

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.schema.evaluation import BaselineScores, LabelValues
    from seg_common.schema.evaluation_measures import FractionCorrection
    from seg_common.schema.evaluation_without_reference import GreyRange
    from seg_common.schema.prediction import AggregationRecord, ModelReference, VolumeReference
    from seg_common.schema.volume import AnnotatedSlices, ClassInfo
    from seg_common.volume.voxel_sizes import VoxelSize
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
    voxel_size: VoxelSize | None = None
    """Edge lengths (z, y, x) of a voxel; those of the scan are recorded as well."""
    voxel_size_unit: str | None = None
    """Their unit."""
    label_values: LabelValues | None = None
    """How values of label files became classes."""


def build_document(
    subject: Subject,
    measurement: Measurement,
    *,
    connectivity: Connectivity,
    baselines: dict[str, BaselineScores],
    left_out: Sequence[str],
    started: float,
    probability_sums: NDArray[np.float64] | None = None,
    correction: FractionCorrection | None = None,
    grey_range: GreyRange | None = None,
    annotated: AnnotatedSlices | None = None,
    warnings: Sequence[str] = (),
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
    correction : FractionCorrection, optional
        Fractions corrected with another evaluation.
    grey_range : GreyRange, optional
        Grey levels beside those of training.
    annotated : AnnotatedSlices, optional
        Slices of the reference that have labels, when it is not all of them.
    warnings : sequence of str
        What makes the numbers doubtful.

    Returns
    -------
    EvaluationDocument
        Complete.
    """
    names = [info.name for info in subject.classes]
    volume = subject.volume
    size, unit = subject.voxel_size, subject.voxel_size_unit
    if size is None and volume is not None:
        size, unit = volume.voxel_size, volume.voxel_size_unit
    surroundings = Surroundings(subject.region, size, unit)
    blocks = bootstrap_blocks(measurement.counts.lattice, measurement.counts.cells)
    intervals, whole_intervals = class_intervals(measurement, blocks)
    parts: dict[str, Any] = dict.fromkeys(
        ("mean_jaccard", "accuracy", "confusion", "voi", "error_blobs", "error_blobs_pooled")
    )
    parts |= free_parts(measurement, names, surroundings, blocks) | whole_intervals
    if measurement.probabilities is not None:
        parts["uncertainty"] = uncertainty(measurement.probabilities, names)
        if measurement.compared is None or annotated is not None:
            parts["annotate_next"] = slices_to_annotate(measurement.counts, measurement.probabilities, annotated)
    if measurement.compared is not None:
        parts |= compared_parts(measurement, measurement.compared, names, surroundings, connectivity)
    return EvaluationDocument(
        scheme=subject.scheme,
        model=subject.model,
        volume=volume,
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
        classes=class_scores(subject.classes, measurement, probability_sums, intervals),
        baselines=baselines,
        left_out=[*left_out, *_absent(names, parts.get("absent_classes", []))],
        correction=correction,
        voxel_size=size,
        voxel_size_unit=unit,
        label_values=subject.label_values,
        grey_range=grey_range,
        warnings=list(warnings),
        block_shape=measurement.block_shape,
        seconds=time.monotonic() - started,
        provenance=gather_provenance(),
        **parts,
    )


def _absent(names: Sequence[str], absent: Sequence[str]) -> list[str]:
    """Say which classes count in no mean; nothing when there is no voxel at all."""
    if len(absent) == len(names):
        return []
    return [f"scores of {name}: it is in neither volume, and counts in no mean" for name in absent]
