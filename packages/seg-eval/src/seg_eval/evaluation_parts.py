"""The parts of an evaluation that come from counts beside the reference, and those that need none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.schema.evaluation_measures import SliceErrors
from seg_eval.metrics.blob_detection import phase_detection
from seg_eval.metrics.blob_statistics import AXES, Surroundings, summary_statistics
from seg_eval.metrics.block_bootstrap import bootstrap_record, representative_volume
from seg_eval.metrics.calibration import probability_scores
from seg_eval.metrics.overlap import overlap
from seg_eval.metrics.score_intervals import fraction_intervals, probability_intervals, score_intervals
from seg_eval.metrics.segment_agreement import segment_agreement
from seg_eval.metrics.variation_of_information import variation_of_information
from seg_eval.notable_slices import notable_slices
from seg_eval.streaming.probability_counts import STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.evaluation import BlobStatistics
    from seg_eval.comparison import Comparison
    from seg_eval.measurement import Measurement
    from seg_eval.metrics.block_bootstrap import Blocks
    from seg_eval.streaming.streaming_blobs import Connectivity


def compared_parts(
    measurement: Measurement,
    compared: Comparison,
    names: Sequence[str],
    surroundings: Surroundings,
    connectivity: Connectivity,
) -> dict[str, Any]:
    """Compute everything that needs a reference.

    Parameters
    ----------
    measurement : Measurement
        Counts.
    compared : Comparison
        Those beside the reference.
    names : sequence of str
        Classes in the order of their indices.
    surroundings : Surroundings
        Region and voxel size.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob.

    Returns
    -------
    dict
        Fields of `EvaluationDocument`.
    """
    confusion = measurement.counts.confusion
    scores = overlap(confusion)
    references = [summary_statistics(blobs, surroundings) for blobs in compared.reference_blobs]
    pooled = compared.error_blobs.pooled_statistics(surroundings)
    return {
        "mean_jaccard": scores.mean.jaccard,
        "accuracy": scores.flat.accuracy,
        "confusion": confusion.tolist(),
        "voi": variation_of_information(confusion),
        "mean": scores.mean,
        "flat": scores.flat,
        "absent_classes": [names[index] for index in scores.absent],
        "segment_agreement": segment_agreement(confusion, compared.components, names),
        "error_blobs": {name: compared.error_blobs.of_class(k, surroundings) for k, name in enumerate(names)},
        "error_blobs_pooled": _with_shapes(pooled, compared),
        "reference_blobs": dict(zip(names, references, strict=True)),
        "detection": {name: phase_detection(compared.components, k) for k, name in enumerate(names)},
        "slice_errors": {
            axis: SliceErrors(
                neighbours=4 if connectivity == 1 else 8,
                classes={name: tables.of_class(k) for k, name in enumerate(names)},
                pooled=tables.pooled.statistics(),
            )
            for axis, tables in zip(AXES, compared.slice_errors, strict=True)
        },
        "surfaces": {
            name: compared.surfaces.scores(k, "voxels" if surroundings.voxel_size is None else surroundings.unit or "")
            for k, name in enumerate(names)
        },
        "probabilities": None
        if measurement.probabilities is None or not confusion.any()
        else probability_scores(measurement.probabilities, names),
    }


def free_parts(
    measurement: Measurement, names: Sequence[str], surroundings: Surroundings, blocks: Blocks | None
) -> dict[str, Any]:
    """Compute everything that can be said without a reference as well; `compared_parts` explains the arguments."""
    counts, compared, probabilities = measurement.counts, measurement.compared, measurement.probabilities
    phases = [summary_statistics(blobs, surroundings) for blobs in measurement.phase_blobs]
    # Without a reference the prediction stands in both places.
    by_class = counts.cells.sum(axis=4)
    return {
        "phase_blobs": dict(zip(names, phases, strict=True)),
        "bootstrap": None if blocks is None else bootstrap_record(blocks),
        "representative_volume": representative_volume(counts.lattice, by_class),
        "mean_entropy": None
        if probabilities is None
        else int(probabilities.entropy[0].sum()) / STEPS / counts.region.voxels,
        "notable_slices": notable_slices(
            counts,
            None if compared is None else compared.error_blobs.pooled,
            () if compared is None else compared.slice_errors,
            probabilities,
        ),
    }


def class_intervals(measurement: Measurement, blocks: Blocks | None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Compute 95 % intervals: fields of each `ClassScores`, and fields of `EvaluationDocument`; empty for tiny regions."""
    n_classes = measurement.counts.cells.shape[-1]
    if blocks is None:
        return [{} for _ in range(n_classes)], {}
    whole: dict[str, Any] = {}
    if measurement.compared is None:
        rows: list[dict[str, Any]] = [{"estimated_fraction_interval": found} for found in fraction_intervals(blocks)]
    else:
        classes, whole["mean_jaccard_interval"] = score_intervals(blocks)
        fields = ("jaccard", "reference_fraction", "estimated_fraction", "absolute_error", "relative_error")
        rows = [{f"{field}_interval": getattr(one, field) for field in fields} for one in classes]
    counted = measurement.probabilities
    if counted is not None:
        by_probability = probability_intervals(blocks.side, counted.lattice, counted.cells)
        for row, found in zip(rows, by_probability, strict=True):
            row["estimated_fraction_by_probability_interval"] = found
    return rows, whole


def _with_shapes(pooled: BlobStatistics, compared: Comparison) -> BlobStatistics:
    boxes = [
        box.model_copy(update={"shape": shape}) for box, shape in zip(pooled.largest, compared.gallery, strict=True)
    ]
    return pooled.model_copy(update={"largest": boxes})
