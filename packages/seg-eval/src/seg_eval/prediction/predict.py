"""The story of one prediction, from a model folder to label volume and record."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.model_paths import EvaluationPaths
from seg_common.provenance import gather_provenance, peak_memory_bytes
from seg_common.schema.prediction import PredictionRecord
from seg_common.volume.digests import array_digest
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import write_document
from seg_eval.output_folder import output_folder
from seg_eval.prediction.model_runner import KerasNetwork, require_tensorflow
from seg_eval.prediction.model_volume_match import checked_image_digest, open_matching_volume
from seg_eval.prediction.network import as_networks
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.plan import plan_prediction
from seg_eval.prediction.predict_region import IgnoredVoxels, predict_region
from seg_eval.prediction.trained_model import open_models
from seg_eval.region import choose_region
from seg_eval.volume_reference import volume_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.plan import PredictionPlan
    from seg_eval.prediction.predict_region import RegionPrediction
    from seg_eval.prediction.trained_model import TrainedModel

LABELS_DATASET = "labels"


def predict_volume(
    model: Path | str,
    volume: Path | str | None = None,
    *,
    output: Path | str,
    partition: str | None = None,
    options: PredictionOptions | None = None,
    overwrite: bool = False,
    network: Network | Sequence[Network] | None = None,
    quiet: bool = True,
) -> PredictionRecord:
    """Predict a region of a volume, without measuring anything.

    Parameters
    ----------
    model : path
        A model folder; `PredictionOptions.with_models` names others to average with.
    volume : path, optional
        A `volume.yaml` or its folder; the volume of the training run when not given.
    output : path
        Folder to write: ``predicted_labels.h5`` (dataset ``labels``, uint8, the region only) and ``prediction.yaml``.
    partition : str, optional
        Partition to predict, or ``whole``; ``validation`` when the volume has it, else the whole volume.
    options : PredictionOptions, optional
        Tiles, blending, weights, memory.
    overwrite : bool
        Whether a folder that an earlier run wrote may be replaced.
    network : Network or sequence of Network, optional
        Used instead of the weights of the model folder, or one for each model.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    PredictionRecord
        As written.

    Raises
    ------
    SegError
        If model, volume or options do not fit together; see its children.
    """
    options = options or PredictionOptions()
    if network is None:
        require_tensorflow()
    with output_folder(Path(output), overwrite=overwrite) as folder:
        models = open_models(Path(model), options)
        with open_matching_volume(models, volume) as opened:
            region, name = choose_region(opened, partition)
            digest = checked_image_digest(models[0], opened, trained_on=volume is None, quiet=quiet)
            plan = plan_prediction(models, opened, region, options)
            networks = as_networks(network, len(models)) or [
                KerasNetwork(one.weights, plan.batch_size_of(place)) for place, one in enumerate(models)
            ]
            paths = EvaluationPaths(root=folder)
            record, _ = write_prediction(paths, models, opened, digest, plan, networks, partition=name, quiet=quiet)
    return record


def write_prediction(
    paths: EvaluationPaths,
    models: Sequence[TrainedModel],
    volume: Volume,
    image_digest: str,
    plan: PredictionPlan,
    networks: Sequence[Network],
    *,
    partition: str | None,
    observe: Callable[[Box, NDArray[np.float32]], None] | None = None,
    quiet: bool = True,
) -> tuple[PredictionRecord, RegionPrediction]:
    """Predict a region into a folder: the labels, and the record of how they came about.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write; neither file exists yet.
    models, volume, image_digest, plan, networks
        What to predict, and how; one network for each model.
    partition : str or None
        Name of the region.
    observe : callable, optional
        Given the probabilities; see `predict_region`.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    record : PredictionRecord
        As written.
    counts : RegionPrediction
        Exact sums.
    """
    started = time.monotonic()
    region = plan.region
    with hdf5_writer(
        paths.predicted_labels,
        LABELS_DATASET,
        region.shape,
        np.uint8,
        compressed=True,
        attributes=_attributes(models, volume, region),
    ) as dataset:

        def write(block: Box, labels: NDArray[np.uint8]) -> None:
            z, y, x = region.start
            dataset[block.shifted((-z, -y, -x)).slices()] = labels

        counts = predict_region(
            networks, volume.image, plan, write, ignored=_ignored(volume), observe=observe, quiet=quiet
        )
    with open_array(paths.predicted_labels, LABELS_DATASET) as written:
        labels_digest = array_digest(written)
    record = PredictionRecord(
        model=models[0].reference(),
        more_models=[model.reference() for model in models[1:]],
        volume=volume_reference(volume, image_digest),
        partition=partition,
        region=region,
        classes=models[0].record.data.classes,
        aggregation=plan.aggregation_record(),
        tiles=plan.tiles_in_grids(),
        tiles_computed=plan.tiles_computed(),
        block_shape=plan.block_shape,
        batch_size=plan.batch_size,
        fractions_by_probability=_shares(counts.probability_steps),
        fractions_by_label=_shares(counts.label_counts),
        labels_file=paths.relative(paths.predicted_labels),
        labels_digest=labels_digest,
        seconds=time.monotonic() - started,
        peak_memory_bytes=peak_memory_bytes(),
        provenance=gather_provenance(),
    )
    write_document(paths.prediction, record)
    return record, counts


def _attributes(models: Sequence[TrainedModel], volume: Volume, region: Box) -> dict[str, Any]:
    """Attributes that tell another program where the labels belong."""
    document = volume.document
    attributes: dict[str, Any] = {
        "region_start": region.start,
        "volume": document.name,
        "model_id": ", ".join(model.record.model_id for model in models),
        "classes": models[0].class_names,
    }
    if document.voxel_size is not None:
        attributes |= {"voxel_size": document.voxel_size, "voxel_size_unit": document.voxel_size_unit}
    return attributes


def _ignored(volume: Volume) -> IgnoredVoxels | None:
    if volume.labels is None or volume.ignored_label is None:
        return None
    return IgnoredVoxels(volume.labels, volume.ignored_label)


def _shares(counts: NDArray[np.int64]) -> list[float]:
    """Divide counts by their total, so that the rounding of a float32 softmax cannot push a share out of [0, 1]."""
    return [float(share) for share in counts / counts.sum()]
