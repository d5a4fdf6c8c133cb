"""Measure any two label volumes: no model and no TensorFlow needed."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seg_common.blocks.plan import DEFAULT_BLOCK_BYTES
from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.model_paths import EvaluationPaths
from seg_common.schema.volume import DEFAULT_COLORS, ClassInfo
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_label_volume
from seg_common.volume.opened_volume import open_volume
from seg_eval.balanced_blocks import balanced_block_shape
from seg_eval.evaluate import DEFAULT_CONNECTIVITY
from seg_eval.evaluation_document import Subject, build_document
from seg_eval.evaluation_folder import Evaluation, write_evaluation
from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
from seg_eval.measurement import BYTES_PER_VOXEL, measure
from seg_eval.other_labels import open_other_labels, other_label_scores
from seg_eval.output_folder import output_folder, require_free
from seg_eval.probability_volume import open_probabilities
from seg_eval.scores import baseline_scores
from seg_eval.streaming.probability_counts import STEPS
from seg_eval.volume_reference import volume_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seg_common.schema.evaluation import BaselineScores
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_eval.measurement import Measurement
    from seg_eval.streaming.streaming_blobs import Connectivity

DEFAULT_OUTPUT = "evaluation"
MOST_CLASSES = 255


def score_labels(
    reference: Path | str,
    prediction: Path | str,
    *,
    output: Path | str = DEFAULT_OUTPUT,
    class_names: Sequence[str] = (),
    volume: Path | str | None = None,
    ignored_label: int | None = None,
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
        Label volumes of one shape, as ``path`` or ``path::dataset``, in any format that seg-common reads.
    output : path
        Folder to write.
    class_names : sequence of str
        Classes in the order of their indices. When not given, those of `volume`; without a volume, one class for each
        value up to the largest one found.
    volume : path, optional
        A `volume.yaml` or its folder: classes, colours, ignored label, voxel size, and grey levels for the pictures.
    ignored_label : int, optional
        Reference value of voxels that are left out.
    probabilities : path, optional
        Probabilities behind the prediction, as ``file.h5::dataset`` or ``file.npy``, axes (z, y, x, class).
    other_labels : mapping of str to path, optional
        Label volumes of other methods, by the name they get among the baselines.
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
        If a file is missing or unreadable.
    LabelVolumeError
        If the shapes differ, the labels are not integers, or a label is no class.
    OutputExistsError
        If the output exists.
    """
    target = EvaluationPaths(root=Path(output))
    require_free(target.root, overwrite=overwrite)
    with ExitStack() as opened:
        truth = opened.enter_context(open_label_volume(str(reference)))
        answer = opened.enter_context(open_label_volume(str(prediction)))
        _require_one_shape(truth, answer)
        scan = None if volume is None else opened.enter_context(open_volume(volume))
        if scan is not None:
            _require_one_shape(scan.image, answer)
            ignored_label = scan.ignored_label if ignored_label is None else ignored_label
        region = Box.whole(truth.shape)
        classes = _classes(class_names, scan, truth, answer, ignored_label, block_bytes)
        others = open_other_labels(opened, other_labels or {}, truth.shape)
        stored = (
            None
            if probabilities is None
            else opened.enter_context(open_probabilities(probabilities, truth.shape, len(classes)))
        )
        document = None if scan is None else scan.document
        started = time.monotonic()
        arrays = MeasuredArrays(
            region=region,
            n_classes=len(classes),
            prediction=PlacedArray(answer),
            reference=PlacedArray(truth),
            ignored_label=ignored_label,
            image=None if scan is None else PlacedArray(scan.image),
            probabilities=stored,
            other_labels=others,
            voxel_size=None if document is None else document.voxel_size,
            voxel_size_unit=None if document is None else document.voxel_size_unit,
        )
        with output_folder(target.root, overwrite=overwrite) as folder:
            measurement = measure(arrays, connectivity=connectivity, block_bytes=block_bytes, quiet=quiet)
            subject = Subject(
                scheme="label_volumes",
                classes=classes,
                region=region,
                reference=str(truth),
                reference_digest=array_digest(truth),
                prediction=str(answer),
                prediction_digest=array_digest(answer),
                volume=None if scan is None else volume_reference(scan, scan.document.image.digest),
            )
            sums = (
                None if measurement.probabilities is None else measurement.probabilities.slices[0].sum(axis=0) / STEPS
            )
            evaluation = build_document(
                subject,
                measurement,
                connectivity=connectivity,
                baselines=_constant_answer(classes, measurement) | other_label_scores(others, measurement, classes),
                left_out=_left_out(measurement, ignored_label),
                started=started,
                probability_sums=sums,
            )
            write_evaluation(EvaluationPaths(root=folder), evaluation, arrays, measurement, quiet=quiet)
    return Evaluation(evaluation, target)


def _require_one_shape(reference: ArrayReader, prediction: ArrayReader) -> None:
    if reference.shape != prediction.shape:
        msg = (
            f"both volumes must have one shape; {reference} has {reference.shape} and {prediction} has "
            f"{prediction.shape}. Crop one of them to the other."
        )
        raise LabelVolumeError(msg)


def _classes(
    names: Sequence[str],
    volume: Volume | None,
    reference: ArrayReader,
    prediction: ArrayReader,
    ignored_label: int | None,
    block_bytes: int,
) -> list[ClassInfo]:
    if not names and volume is not None and volume.document.classes:
        return volume.document.classes
    if not names:
        most = max(_largest_label(reader, ignored_label, block_bytes) for reader in (reference, prediction))
        if most >= MOST_CLASSES:
            msg = (
                f"labels must be class indices 0 … {MOST_CLASSES - 1}; {reference} and {prediction} go up to {most}. "
                "Are they ids of single objects? Name the value that nobody annotated with --ignored-label."
            )
            raise LabelVolumeError(msg)
        names = [f"class {index}" for index in range(most + 1)]
    if len(set(names)) < len(names):
        msg = (
            f"class names must be unique; got {', '.join(names)}. Give each --class once, in the order of the indices."
        )
        raise LabelVolumeError(msg)
    colors = [DEFAULT_COLORS[index % len(DEFAULT_COLORS)] for index in range(len(names))]
    return [ClassInfo(name=name, color=color) for name, color in zip(names, colors, strict=True)]


def _largest_label(reader: ArrayReader, ignored_label: int | None, block_bytes: int) -> int:
    """Largest label but the ignored one; negative labels are refused here, before they count as anything."""
    largest = 0
    for block in block_boxes(Box.whole(reader.shape), balanced_block_shape(reader.shape, BYTES_PER_VOXEL, block_bytes)):
        labels = reader.read(block)
        if ignored_label is not None:
            labels = labels[labels != ignored_label]
        if labels.size and labels.min() < 0:
            msg = (
                f"labels must not be negative; {reader} holds {int(labels.min())}. "
                "Name the value that nobody annotated with --ignored-label."
            )
            raise LabelVolumeError(msg)
        largest = max(largest, int(labels.max(initial=0)))
    return largest


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


def _left_out(measurement: Measurement, ignored_label: int | None) -> list[str]:
    notes = ["baselines on grey levels: no training region is known"]
    if measurement.probabilities is None:
        notes.insert(0, "volume fractions by probability and calibration: label volumes hold no probabilities")
    if measurement.ignored_voxels:
        notes.append(
            f"{measurement.ignored_voxels} voxels with the ignored label {ignored_label}: "
            "they count in no score, only in the blobs of the prediction"
        )
    return notes
