"""The story of one aggregation: stored crops become labels, and are measured as `seg-eval volume` measures."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seg_common.blocks.plan import DEFAULT_BLOCK_BYTES
from seg_common.cli_support import progress
from seg_common.errors import SegError
from seg_common.evaluation_paths import CropStorePaths, EvaluationPaths
from seg_common.geometry.tiling import block_boxes
from seg_common.provenance import gather_provenance, peak_memory_bytes
from seg_common.schema.histogram import GreyHistogram
from seg_common.schema.prediction import AggregationRecord, PredictionRecord
from seg_common.volume.digests import array_digest
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import read_document, write_document
from seg_eval.balanced_blocks import balanced_block_shape
from seg_eval.crop_store.store_scan import open_scan, stored_grid
from seg_eval.crop_store.stored_crops import StoredCrops, read_store
from seg_eval.evaluate import DEFAULT_CONNECTIVITY, aggregated_subject, prediction_baselines
from seg_eval.evaluation_document import build_document
from seg_eval.evaluation_folder import Evaluation, write_evaluation
from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
from seg_eval.measurement import measure
from seg_eval.output_folder import output_folder, require_free
from seg_eval.prediction.aggregation import aggregation_named
from seg_eval.prediction.block_accumulator import PROBABILITY_STEPS, BlockAccumulator
from seg_eval.prediction.orientation import to_network
from seg_eval.prediction.result_files import LABELS_DATASET
from seg_eval.probability_observer import ProbabilityObserver
from seg_eval.streaming.probability_counts import StreamingProbabilities
from seg_eval.training_grey import fitted_baselines, grey_edges
from seg_eval.unlabelled.grey_range import grey_range, grey_warnings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.schema.crop_store import CropStoreDocument
    from seg_common.volume.opened_volume import Volume
    from seg_eval.streaming.streaming_blobs import Connectivity

AXES = ("z", "y", "x")


def aggregate_store(
    store: Path | str,
    *,
    aggregation: str = "gaussian",
    volume: Path | str | None = None,
    output: Path | str | None = None,
    connectivity: Connectivity = DEFAULT_CONNECTIVITY,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
    overwrite: bool = False,
    quiet: bool = True,
) -> Evaluation:
    """Turn the crops of a store into one label per voxel, and measure how good the labels are; no network is needed.

    Parameters
    ----------
    store : path
        Folder that `store_crops` wrote, with the crops of a grid.
    aggregation : str
        How crops that overlap become one answer: ``mean``, ``gaussian``, ``hann``, ``centre``, ``max`` or ``vote``.
    volume : path, optional
        The `volume.yaml` of the crops or its folder, when it was moved.
    output : path, optional
        Folder to write; ``STORE_<aggregation>`` when not given.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob: 6, 18 or 26.
    block_bytes : int
        Memory for one block; no result depends on it.
    overwrite : bool
        Whether a folder that an earlier run wrote may be replaced.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    Evaluation
        As `evaluate_volume` gives it, with the same numbers where the same probabilities are stored.

    Raises
    ------
    SegError
        If the store is damaged, its crops are no grid, it holds no probabilities to blend, or the volume is another one.
    """
    root = Path(store).resolve()
    target = EvaluationPaths(root=Path(output) if output else root.with_name(f"{root.name}_{aggregation}"))
    require_free(target.root, overwrite=overwrite)
    strategy = aggregation_named(aggregation)
    started = time.monotonic()
    record = read_store(root)
    plan = stored_grid(record)
    if record.probabilities == "none" and strategy.kind != "vote":
        msg = f"{strategy.kind} needs probabilities, and {root} holds labels alone. Choose --aggregation vote."
        raise SegError(msg)
    with ExitStack() as opened:
        scan = opened.enter_context(open_scan(record, volume))
        crops = opened.enter_context(StoredCrops.open(root, record))
        folder = opened.enter_context(output_folder(target.root, overwrite=overwrite))
        paths, n_classes = EvaluationPaths(root=folder), len(record.classes)
        bytes_per_voxel = n_classes * 4 + 1
        block_shape = balanced_block_shape(record.region.shape, bytes_per_voxel, block_bytes)
        counted = StreamingProbabilities(record.region, n_classes)
        observer = ProbabilityObserver(scan, counted)
        accumulator = BlockAccumulator(plan, strategy, n_classes)
        attributes = {
            "region_start": record.region.start,
            "volume": record.volume.name,
            "model_id": record.model.model_id,
            "classes": [info.name for info in record.classes],
        }
        label_counts, steps, counted_steps = (np.zeros(n_classes, np.int64) for _ in range(3))
        blocks = list(block_boxes(record.region, block_shape))
        with (
            progress(sum(plan.count_in(block) for block in blocks), "aggregating crops", quiet=quiet) as advance,
            hdf5_writer(
                paths.predicted_labels,
                LABELS_DATASET,
                record.region.shape,
                np.uint8,
                compressed=True,
                attributes=attributes,
            ) as dataset,
        ):
            z, y, x = record.region.start
            for block in blocks:
                accumulator.begin(block)
                for tile in plan.tiles_in(block):
                    accumulator.add(tile, crops.probabilities(tile.used.start))
                    advance()
                answer = accumulator.finish(_counted(scan, block))
                dataset[block.shifted((-z, -y, -x)).slices()] = answer.labels
                observer(block, answer.probabilities)
                label_counts += answer.label_counts
                steps += answer.probability_steps
                counted_steps += answer.counted_probability_steps
        predicted = opened.enter_context(open_array(paths.predicted_labels, LABELS_DATASET))
        normal = AXES.index(record.along)
        prediction = PredictionRecord(
            model=record.model,
            volume=record.volume,
            partition=record.partition,
            region=record.region,
            classes=record.classes,
            aggregation=AggregationRecord(
                kind=strategy.kind,
                tile_shape=to_network(record.tile_shape, normal),
                min_overlap=to_network(record.min_overlap, normal),
                halo=to_network(record.halo, normal),
                along=record.along,
            ),
            tiles=plan.tiles,
            tiles_computed=record.crops,
            block_shape=block_shape,
            batch_size=record.batch_size,
            fractions_by_probability=_shares(steps),
            fractions_by_label=_shares(label_counts),
            labels_file=paths.relative(paths.predicted_labels),
            labels_digest=array_digest(predicted),
            seconds=record.seconds,
            peak_memory_bytes=max(record.peak_memory_bytes, peak_memory_bytes()),
            provenance=gather_provenance(),
        )
        write_document(paths.prediction, prediction)
        histogram_file = CropStorePaths(root=root).training_histogram
        histogram = read_document(histogram_file, GreyHistogram) if histogram_file.is_file() else None
        baselines, fitted_on = fitted_baselines(histogram)
        arrays = MeasuredArrays(
            region=record.region,
            n_classes=n_classes,
            prediction=PlacedArray(predicted, record.region.start),
            reference=None if scan.labels is None else PlacedArray(scan.labels),
            ignored_label=scan.ignored_label,
            image=PlacedArray(scan.image),
            voxel_size=scan.document.voxel_size,
            voxel_size_unit=scan.document.voxel_size_unit,
        )
        measurement = measure(
            arrays,
            connectivity=connectivity,
            baselines=baselines,
            block_bytes=block_bytes,
            grey_edges=grey_edges(histogram, scan),
            probabilities=counted,
            quiet=quiet,
        )
        found = grey_range(histogram, measurement)
        document = build_document(
            aggregated_subject(scan, prediction),
            measurement,
            connectivity=connectivity,
            baselines=prediction_baselines(baselines, fitted_on, measurement, prediction),
            left_out=_left_out(record, scan, measurement.ignored_voxels),
            started=started,
            probability_sums=counted_steps / PROBABILITY_STEPS,
            grey_range=found,
            annotated=None if scan.label_source is None else scan.label_source.annotated,
            warnings=grey_warnings(found),
        )
        write_evaluation(paths, document, arrays, measurement, prediction, quiet=quiet)
    return Evaluation(document, target)


def _counted(scan: Volume, block: Box) -> NDArray[np.bool_] | None:
    if scan.labels is None or scan.ignored_label is None:
        return None
    known: NDArray[np.bool_] = scan.labels.read(block) != scan.ignored_label
    return known


def _shares(counts: NDArray[np.int64]) -> list[float]:
    return [float(share) for share in counts / counts.sum()]


def _left_out(record: CropStoreDocument, scan: Volume, ignored: int) -> list[str]:
    notes = []
    if record.probabilities not in ("float32", "none"):
        notes.append(f"digits of the probabilities beyond those of {record.probabilities}, in which crops were stored")
    if record.probabilities == "none":
        notes.append("calibration: crops were stored as labels, and shares of votes are no probabilities")
    if scan.labels is None:
        notes.append(f"everything that needs reference labels: {scan.path} names none")
    if record.trained_share:
        notes.append(f"scores on unseen voxels only: {record.trained_share:.0%} of the measured region was trained on")
    if ignored:
        notes.append(
            f"{ignored} voxels with the ignored label {scan.ignored_label}: "
            "they count in no score, only in the blobs of the prediction"
        )
    return notes
