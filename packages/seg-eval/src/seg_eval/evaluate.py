"""The story of one evaluation: open, check, predict, measure, write."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.evaluation_paths import EvaluationPaths
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_eval.calibration import calibration_for, correct_fractions
from seg_eval.evaluation_document import Subject, build_document
from seg_eval.evaluation_folder import Evaluation, write_evaluation
from seg_eval.measured_arrays import MeasuredArrays, PlacedArray
from seg_eval.measurement import measure, require_reference_classes
from seg_eval.other_labels import open_other_labels, other_label_scores
from seg_eval.output_folder import output_folder, require_free
from seg_eval.prediction.model_runner import KerasNetwork, require_tensorflow
from seg_eval.prediction.model_volume_match import checked_image_digest, open_matching_volume
from seg_eval.prediction.network import as_networks
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.plan import plan_prediction
from seg_eval.prediction.predict import Job, write_prediction
from seg_eval.prediction.result_files import LABELS_DATASET
from seg_eval.prediction.saved_arrays import choose_saved
from seg_eval.prediction.trained_model import TrainedModel, open_models
from seg_eval.probability_observer import ProbabilityObserver
from seg_eval.region import WHOLE, choose_region
from seg_eval.scores import baseline_scores
from seg_eval.streaming.probability_counts import StreamingProbabilities
from seg_eval.training_grey import fitted_baselines, grey_edges, training_histogram
from seg_eval.unlabelled.grey_range import grey_range, grey_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seg_common.geometry.box import Box
    from seg_common.schema.evaluation import BaselineScores
    from seg_common.schema.prediction import PredictionRecord
    from seg_common.volume.opened_volume import Volume
    from seg_eval.baselines import Baseline
    from seg_eval.measurement import Measurement
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.plan import PredictionPlan
    from seg_eval.streaming.streaming_blobs import Connectivity

DEFAULT_CONNECTIVITY: Connectivity = 3
"""All 26 neighbours: thin diagonal fibres and cracks stay in one piece."""


def evaluate_volume(
    model: Path | str,
    volume: Path | str | None = None,
    *,
    partition: str | None = None,
    output: Path | str | None = None,
    options: PredictionOptions | None = None,
    connectivity: Connectivity = DEFAULT_CONNECTIVITY,
    calibration: Path | str | None = None,
    other_labels: Mapping[str, Path | str] | None = None,
    overwrite: bool = False,
    network: Network | Sequence[Network] | None = None,
    quiet: bool = True,
) -> Evaluation:
    """Predict a region of a volume with a trained model, and measure how good the prediction is.

    Parameters
    ----------
    model : path
        A model folder, as ``seg-train run`` writes it; `PredictionOptions.with_models` names others to average with.
    volume : path, optional
        A `volume.yaml` or its folder. When not given, the volume of the training run, whose digest is checked.
    partition : str, optional
        Partition to evaluate, or ``whole``; ``validation`` when the volume has it, else the whole volume.
    output : path, optional
        Folder to write; ``MODEL/evaluations/<volume>_<partition>_<aggregation>`` when not given.
    options : PredictionOptions, optional
        Tiles, blending, weights, memory.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob: 6, 18 or 26.
    calibration : path, optional
        An evaluation of a labelled volume by the same weights and aggregation, to correct the fractions of a volume
        without labels.
    other_labels : mapping of str to path, optional
        Label volumes of other methods, of the shape of the whole volume, by the name they get among the baselines.
    overwrite : bool
        Whether a folder that an earlier run wrote may be replaced.
    network : Network or sequence of Network, optional
        Used instead of the weights of the model folder, or one for each model.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    Evaluation
        The document and the paths of all files. On a volume without labels only fractions with their intervals, phase
        blobs and doubt are measured, and ``document.left_out`` says so; ``document.annotate_next`` names the slices whose
        labels would help most.

    Raises
    ------
    SegError
        If model, volume or options do not fit together, or the output exists; see its children.
    """
    options = options or PredictionOptions()
    if network is None:
        require_tensorflow()
    models = open_models(Path(model), options)
    trained = models[0]
    with open_matching_volume(models, volume) as scan:
        # Everything that can be refused is refused before the hours of work.
        region, name = choose_region(scan, partition)
        plan = plan_prediction(models, scan, region, options)
        target = (
            EvaluationPaths(root=Path(output)) if output else default_output(trained, scan.document.name, name, options)
        )
        require_free(target.root, overwrite=overwrite)
        saved = choose_saved(options, scan)
        _require_reference(scan, region, trained, plan)
        corrector = calibration_for(calibration, scan, trained, plan)
        digest = checked_image_digest(trained, scan, trained_on=volume is None, quiet=quiet)
        networks = as_networks(network, len(models)) or [
            KerasNetwork(one.weights, plan.batch_size_of(place)) for place, one in enumerate(models)
        ]

        job = Job(models, scan, digest, plan, saved, name)
        with (
            job.store(target.root, measured=True, restart=options.restart, quiet=quiet) as store,
            output_folder(target.root, overwrite=overwrite) as folder,
            ExitStack() as opened,
        ):
            others = open_other_labels(opened, other_labels or {}, scan.image.shape)
            histogram = training_histogram(trained)
            paths = EvaluationPaths(root=folder)
            counted = StreamingProbabilities(region, plan.n_classes)
            observer = ProbabilityObserver(scan, counted)
            prediction, sums = write_prediction(paths, job, networks, store, observer=observer, quiet=quiet)
            started = time.monotonic()
            with open_array(paths.inside(prediction.labels_file), LABELS_DATASET) as predicted:
                arrays = MeasuredArrays(
                    region=region,
                    n_classes=plan.n_classes,
                    prediction=PlacedArray(predicted, region.start),
                    reference=None if scan.labels is None else PlacedArray(scan.labels),
                    ignored_label=scan.ignored_label,
                    image=PlacedArray(scan.image),
                    other_labels=others,
                    voxel_size=scan.document.voxel_size,
                    voxel_size_unit=scan.document.voxel_size_unit,
                )
                baselines, fitted_on = fitted_baselines(histogram)
                measurement = measure(
                    arrays,
                    connectivity=connectivity,
                    baselines=baselines,
                    block_bytes=plan.budget.block_bytes,
                    grey_edges=grey_edges(histogram, scan),
                    probabilities=counted,
                    quiet=quiet,
                )
                names = trained.class_names
                greys = grey_range(histogram, measurement)
                document = build_document(
                    aggregated_subject(scan, prediction),
                    measurement,
                    connectivity=connectivity,
                    baselines=prediction_baselines(baselines, fitted_on, measurement, prediction)
                    | other_label_scores(others, measurement, prediction.classes),
                    left_out=_left_out(models, scan, prediction, measurement),
                    started=started,
                    probability_sums=sums.counted_probability_sums,
                    correction=None if corrector is None else correct_fractions(corrector, measurement, names),
                    grey_range=greys,
                    annotated=None if scan.label_source is None else scan.label_source.annotated,
                    warnings=grey_warnings(greys),
                )
                write_evaluation(paths, document, arrays, measurement, prediction, quiet=quiet)
    return Evaluation(document, target)


def default_output(
    model: TrainedModel, volume_name: str, partition: str | None, options: PredictionOptions
) -> EvaluationPaths:
    """Name the folder of an evaluation by what tells it from others of the model."""
    words = [volume_name, partition or WHOLE, options.aggregation]
    if options.weights != "best":
        words.append(options.weights)
    if options.symmetries != 1:
        words.append(f"{options.symmetries}-symmetries")
    if options.along is not None:
        words.append(f"along-{options.along}")
    words += [f"with-{Path(path).resolve().name}" for path in options.with_models]
    return model.paths.evaluation_folder(re.sub(r"[^\w.-]+", "-", "_".join(words)).lstrip("."))


def _require_reference(volume: Volume, region: Box, model: TrainedModel, plan: PredictionPlan) -> None:
    if volume.labels is not None:
        require_reference_classes(
            PlacedArray(volume.labels),
            region,
            len(model.class_names),
            volume.ignored_label,
            block_bytes=plan.budget.block_bytes,
        )


def prediction_baselines(
    baselines: Sequence[Baseline], fitted_on: str, measurement: Measurement, prediction: PredictionRecord
) -> dict[str, BaselineScores]:
    """Score the baselines that were measured beside a prediction, by name."""
    confusions = measurement.baseline_confusions
    return {
        baseline.name: baseline_scores(
            confusions[baseline.name], prediction.classes, description=baseline.description, fitted_on=fitted_on
        )
        for baseline in baselines
        if baseline.name in confusions
    }


def aggregated_subject(volume: Volume, prediction: PredictionRecord) -> Subject:
    """Say what is measured when crops or tiles became the labels of a volume."""
    return Subject(
        scheme="aggregated_volume",
        classes=prediction.classes,
        region=prediction.region,
        reference=None if volume.labels is None else str(volume.labels),
        reference_digest=None if volume.labels is None else array_digest(volume.labels, prediction.region),
        prediction=f"{prediction.labels_file}::{LABELS_DATASET}",
        prediction_digest=prediction.labels_digest,
        partition=prediction.partition,
        model=prediction.model,
        volume=prediction.volume,
        aggregation=prediction.aggregation,
    )


def _left_out(
    models: Sequence[TrainedModel], volume: Volume, prediction: PredictionRecord, measurement: Measurement
) -> list[str]:
    """Say what could not be measured, or not fairly, and why."""
    notes = []
    model = models[0]
    if volume.labels is None:
        notes.append(
            "Jaccard, precision, recall, confusion, VOI, error blobs, errors of the fractions and baselines: "
            f"they need reference labels, and {volume.path} names none"
        )
    elif not model.paths.training_histogram.is_file():
        notes.append(f"baselines: {model.paths.training_histogram} is missing")
    for one in models:
        if share := one.trained_share(prediction.volume.image_digest, prediction.region):
            who = "" if len(models) == 1 else f" by {one.paths.root.name}"
            notes.append(f"scores on unseen voxels only: {share:.0%} of the measured region was trained on{who}")
    if measurement.ignored_voxels:
        notes.append(
            f"{measurement.ignored_voxels} voxels with the ignored label {volume.ignored_label}: "
            "they count in no score, only in the blobs of the prediction"
        )
    return notes
