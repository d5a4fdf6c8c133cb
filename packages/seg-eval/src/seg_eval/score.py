"""Measure any two label volumes: no model and no TensorFlow needed."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seg_common.blocks.plan import DEFAULT_BLOCK_BYTES
from seg_common.evaluation_paths import EvaluationPaths
from seg_common.schema.evaluation import LabelValues
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_label_volume
from seg_common.volume.opened_volume import open_volume
from seg_eval.evaluate import DEFAULT_CONNECTIVITY
from seg_eval.evaluation_document import Subject, build_document
from seg_eval.evaluation_folder import Evaluation, write_evaluation
from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
from seg_eval.measurement import measure
from seg_eval.other_labels import open_other_labels, other_label_scores
from seg_eval.output_folder import output_folder, require_free
from seg_eval.probability_volume import open_probabilities
from seg_eval.scores import baseline_scores
from seg_eval.scoring.known_voxel_size import known_voxel_size
from seg_eval.scoring.placement import place_labels
from seg_eval.scoring.scored_labels import IGNORED
from seg_eval.scoring.scored_pair import pair_classes, scored_pair
from seg_eval.streaming.probability_counts import STEPS
from seg_eval.volume_reference import volume_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seg_common.geometry.box import Box, Index3
    from seg_common.schema.evaluation import BaselineScores
    from seg_common.schema.volume import ClassInfo
    from seg_common.volume.voxel_sizes import VoxelSize
    from seg_eval.measurement import Measurement
    from seg_eval.streaming.streaming_blobs import Connectivity

DEFAULT_OUTPUT = "evaluation"


def score_labels(
    reference: Path | str,
    prediction: Path | str,
    *,
    output: Path | str = DEFAULT_OUTPUT,
    class_names: Sequence[str] = (),
    volume: Path | str | None = None,
    region: Box | str | None = None,
    partition: str | None = None,
    prediction_start: Index3 | None = None,
    map_reference: Mapping[int, int] | None = None,
    map_prediction: Mapping[int, int] | None = None,
    ignored_labels: Sequence[int] = (),
    voxel_size: VoxelSize | None = None,
    voxel_size_unit: str | None = None,
    probabilities: Path | str | None = None,
    other_labels: Mapping[str, Path | str] | None = None,
    connectivity: Connectivity = DEFAULT_CONNECTIVITY,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
    overwrite: bool = False,
    quiet: bool = True,
) -> Evaluation:
    """Measure how good predicted labels are, whatever made them.

    Parameters
    ----------
    reference, prediction : path
        Label volumes, as ``path`` or ``path::dataset``, in any format that seg-common reads. Both have one shape, unless an
        HDF5 file says in the attribute ``region_start`` which part it covers, or `prediction_start` says it.
    output : path
        Folder to write.
    class_names : sequence of str
        Classes in the order of their indices, as ``NAME`` or ``NAME=#rrggbb``. When not given, those of `volume`; without a
        volume, one class for each index up to the largest one found.
    volume : path, optional
        A `volume.yaml` or its folder: classes, colours, ignored label, partitions, voxel size, and grey levels for the
        pictures.
    region : Box or str, optional
        Voxels to score, in the coordinates of the volume; text as for `seg_eval.region.parse_region`.
    partition : str, optional
        Partition of `volume` to score, instead of a region.
    prediction_start : tuple of int, optional
        Where the prediction's first voxel (z, y, x) lies in the reference's volume.
    map_reference, map_prediction : mapping of int to int, optional
        Class index by label value; other values stand for themselves.
    ignored_labels : sequence of int
        Reference values, before any mapping, of voxels that are left out; in the prediction they are allowed there alone,
        unless they are class indices. Those of `volume` when not given.
    voxel_size : tuple of float, optional
        Edge lengths (z, y, x) of a voxel; those of `volume`, else of the reference's or the prediction's file, when not given.
    voxel_size_unit : str, optional
        Their unit, for example ``um``.
    probabilities : path, optional
        Probabilities behind the prediction, as ``file.h5::dataset``, ``folder.zarr::dataset`` or ``file.npy``, axes
        (z, y, x, class).
    other_labels : mapping of str to path, optional
        Label volumes of other methods, of the reference's shape, by the name they get among the baselines.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob: 6, 18 or 26.
    block_bytes : int
        Memory for one block; the result does not depend on it.
    overwrite : bool
        Whether a folder that an earlier run wrote may be replaced.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    Evaluation
        The document and the paths of all files.

    Raises
    ------
    VolumeError
        If a file is missing or unreadable, or the region or the partition is none of the volume's.
    LabelVolumeError
        If the labels are not integers, do not cover the voxels to score, or a label is no class: the message lists them all.
    OutputExistsError
        If the output exists.
    """
    target = EvaluationPaths(root=Path(output))
    require_free(target.root, overwrite=overwrite)
    with ExitStack() as opened:
        truth = opened.enter_context(open_label_volume(str(reference)))
        answer = opened.enter_context(open_label_volume(str(prediction)))
        scan = None if volume is None else opened.enter_context(open_volume(volume))
        place = place_labels(truth, answer, scan, prediction_start=prediction_start, region=region, partition=partition)
        if not ignored_labels and scan is not None and scan.ignored_label is not None:
            ignored_labels = (scan.ignored_label,)
        values = LabelValues(
            reference=dict(map_reference or {}), prediction=dict(map_prediction or {}), ignored=list(ignored_labels)
        )
        classes = pair_classes(class_names, scan, truth, answer, place, values, block_bytes)
        scored_truth, scored_answer = scored_pair(truth, answer, place, values, len(classes), block_bytes)
        size, unit, doubts = known_voxel_size(voxel_size, voxel_size_unit, scan, truth, answer)
        others = open_other_labels(opened, other_labels or {}, place.reference.shape, place.reference.start)
        stored = (
            None
            if probabilities is None
            else opened.enter_context(
                open_probabilities(probabilities, place.prediction.shape, len(classes), place.prediction.start)
            )
        )
        started = time.monotonic()
        arrays = MeasuredArrays(
            region=place.region,
            n_classes=len(classes),
            prediction=PlacedArray(scored_answer, place.prediction.start),
            reference=PlacedArray(scored_truth, place.reference.start),
            ignored_label=IGNORED if ignored_labels else None,
            image=None if scan is None else PlacedArray(scan.image),
            probabilities=stored,
            other_labels=others,
            voxel_size=size,
            voxel_size_unit=unit,
        )
        with output_folder(target.root, overwrite=overwrite) as folder:
            measurement = measure(arrays, connectivity=connectivity, block_bytes=block_bytes, quiet=quiet)
            subject = Subject(
                scheme="label_volumes",
                classes=classes,
                region=place.region,
                reference=str(truth),
                reference_digest=array_digest(truth, place.within(place.reference)),
                prediction=str(answer),
                prediction_digest=array_digest(answer, place.within(place.prediction)),
                partition=place.partition,
                volume=None if scan is None else volume_reference(scan, scan.document.image.digest),
                voxel_size=size,
                voxel_size_unit=unit,
                label_values=None if values == LabelValues() else values,
            )
            sums = (
                None if measurement.probabilities is None else measurement.probabilities.slices[0].sum(axis=0) / STEPS
            )
            evaluation = build_document(
                subject,
                measurement,
                connectivity=connectivity,
                baselines=_constant_answer(classes, measurement) | other_label_scores(others, measurement, classes),
                left_out=_left_out(measurement, ignored_labels),
                warnings=doubts,
                started=started,
                probability_sums=sums,
            )
            write_evaluation(EvaluationPaths(root=folder), evaluation, arrays, measurement, quiet=quiet)
    return Evaluation(evaluation, target)


def _constant_answer(classes: list[ClassInfo], measurement: Measurement) -> dict[str, BaselineScores]:
    """Score the most frequent class of the reference for every voxel: no grey levels are known to fit anything better."""
    confusion = measurement.confusion
    if confusion is None or not confusion.any():
        return {}
    counts = confusion.sum(axis=1)
    most_frequent = int(counts.argmax())
    constant = np.zeros_like(confusion)
    constant[:, most_frequent] = counts
    return {
        "constant": baseline_scores(
            constant,
            classes,
            description=f"{classes[most_frequent].name} everywhere",
            fitted_on="the reference itself, for want of a training region",
        )
    }


def _left_out(measurement: Measurement, ignored_labels: Sequence[int]) -> list[str]:
    notes = ["baselines on grey levels: no training region is known"]
    if measurement.probabilities is None:
        notes.insert(0, "volume fractions by probability and calibration: label volumes hold no probabilities")
    if measurement.ignored_voxels:
        notes.append(
            f"{measurement.ignored_voxels} voxels with the ignored label {' or '.join(map(str, ignored_labels))}: "
            "they count in no score, only in the blobs of the prediction"
        )
    return notes
