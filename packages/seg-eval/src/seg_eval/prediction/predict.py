"""The story of one prediction, from a model folder to label volume and record."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.cli_support import note
from seg_common.evaluation_paths import EvaluationPaths
from seg_common.provenance import gather_provenance, package_versions, peak_memory_bytes
from seg_common.schema.prediction import PredictionRecord
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import write_document
from seg_eval.output_folder import output_folder, require_free
from seg_eval.prediction.expectation import expect, require_disk
from seg_eval.prediction.model_runner import KerasNetwork, require_tensorflow
from seg_eval.prediction.model_volume_match import checked_image_digest, open_matching_volume
from seg_eval.prediction.network import as_networks
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.plan import plan_prediction
from seg_eval.prediction.predict_region import IgnoredVoxels, predict_region
from seg_eval.prediction.result_files import LABELS_DATASET, keep_block, write_results
from seg_eval.prediction.saved_arrays import choose_saved
from seg_eval.prediction.trained_model import open_models
from seg_eval.prediction.working_store import WorkingStore
from seg_eval.region import choose_region
from seg_eval.volume_reference import volume_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.block_accumulator import BlockAnswer
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.plan import PredictionPlan
    from seg_eval.prediction.predict_region import Observer, RegionPrediction
    from seg_eval.prediction.saved_arrays import SavedArrays
    from seg_eval.prediction.trained_model import TrainedModel


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
        Folder to write: ``predicted_labels.h5`` or ``.zarr`` (dataset ``labels``, uint8, the region only),
        ``prediction.yaml``, and what `PredictionOptions.save` asks for.
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
    models = open_models(Path(model), options)
    with open_matching_volume(models, volume) as opened:
        region, name = choose_region(opened, partition)
        plan = plan_prediction(models, opened, region, options)
        saved = choose_saved(options, opened)
        require_free(Path(output), overwrite=overwrite)
        digest = checked_image_digest(models[0], opened, trained_on=volume is None, quiet=quiet)
        networks = as_networks(network, len(models)) or [
            KerasNetwork(one.weights, plan.batch_size_of(place)) for place, one in enumerate(models)
        ]
        job = Job(models, opened, digest, plan, saved, name)
        with (
            job.store(Path(output), measured=False, restart=options.restart, quiet=quiet) as store,
            output_folder(Path(output), overwrite=overwrite) as folder,
        ):
            record, _ = write_prediction(EvaluationPaths(root=folder), job, networks, store, quiet=quiet)
    return record


@dataclass(frozen=True)
class Job:
    """What is to be predicted, and how: everything but the networks themselves."""

    models: Sequence[TrainedModel]
    """The models, in their order."""
    volume: Volume
    """The scan."""
    image_digest: str
    """Digest of its grey levels."""
    plan: PredictionPlan
    """Tiles, blending and blocks."""
    saved: SavedArrays
    """What to save beside the labels."""
    partition: str | None
    """Name of the region."""

    def store(self, target: Path, *, measured: bool, restart: bool, quiet: bool) -> WorkingStore:
        """Give the working store for a target folder, after a look at the disk: everything is on it twice for a while.

        What an evaluation counts while it predicts is in the journal, and cannot be counted later: a prediction that is
        not `measured` is continued by another such one only.
        """
        plan, volume = self.plan, self.volume
        identity = {
            "weights": [one.weights_digest for one in plan.passes],
            "image": self.image_digest,
            "reference": None if volume.labels is None else array_digest(volume.labels, plan.region),
            "ignored label": volume.ignored_label,
            "region": plan.region.model_dump(mode="json"),
            "aggregation": plan.aggregation_record().model_dump(mode="json"),
            "batch size": [one.batch_size for one in plan.passes],
            "blocks": plan.block_shape,
            "saved": [*self.saved.kinds, self.saved.probability_type],
            "measured": measured,
            "versions": package_versions(),
        }
        store = WorkingStore(target, plan.region, plan.block_shape, identity, restart=restart, quiet=quiet)
        require_disk(target, self.disk_bytes() - store.kept_bytes())
        return store

    def disk_bytes(self) -> int:
        """Space for results and working store, before compression."""
        return 2 * (1 + self.saved.bytes_per_voxel(self.plan.n_classes)) * self.plan.region.voxels


def write_prediction(
    paths: EvaluationPaths,
    job: Job,
    networks: Sequence[Network],
    store: WorkingStore,
    *,
    observer: Observer | None = None,
    quiet: bool = True,
) -> tuple[PredictionRecord, RegionPrediction]:
    """Predict a region into a folder: the labels, and the record of how they came about.

    Parameters
    ----------
    paths : EvaluationPaths
        Where to write; no file exists yet.
    job : Job
        What to predict, and how.
    networks : sequence of Network
        One for each model.
    store : WorkingStore
        Where finished blocks are kept, and perhaps are already.
    observer : Observer, optional
        Shown the probabilities of every block.
    quiet : bool
        Whether to show no progress, and not to say what is expected.

    Returns
    -------
    record : PredictionRecord
        As written.
    counts : RegionPrediction
        Exact sums.
    """
    started = time.monotonic()
    plan, volume, models, resumed = job.plan, job.volume, job.models, store.finished - len(store.damaged)
    if not quiet:
        try_out = store.finished == 0
        note(str(expect(plan, networks, volume.image, job.disk_bytes(), try_out=try_out)), quiet=quiet)

    def keep(number: int, _: Box, answer: BlockAnswer) -> None:
        keep_block(store, number, answer, job.saved)

    counts = predict_region(
        networks, volume.image, plan, keep, ignored=_ignored(volume), observer=observer, store=store, quiet=quiet
    )
    saved = write_results(paths, store, plan, volume, job.saved, _attributes(models, volume, plan.region))
    labels = job.saved.place(paths, paths.predicted_labels)
    with open_array(labels, LABELS_DATASET) as written:
        labels_digest = array_digest(written)
    record = PredictionRecord(
        model=models[0].reference(),
        more_models=[model.reference() for model in models[1:]],
        volume=volume_reference(volume, job.image_digest),
        partition=job.partition,
        region=plan.region,
        classes=models[0].record.data.classes,
        aggregation=plan.aggregation_record(),
        tiles=plan.tiles_in_grids(),
        tiles_computed=plan.tiles_computed(),
        block_shape=plan.block_shape,
        batch_size=plan.batch_size,
        fractions_by_probability=_shares(counts.probability_steps),
        fractions_by_label=_shares(counts.label_counts),
        labels_file=paths.relative(labels),
        labels_digest=labels_digest,
        saved=saved,
        resumed_blocks=resumed,
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
