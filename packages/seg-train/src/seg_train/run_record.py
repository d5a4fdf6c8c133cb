"""What was run, where, with which data and code: `metadata.yaml`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.provenance import gather_provenance, peak_memory_bytes
from seg_common.schema.training_record import (
    DataRecord,
    NetworkRecord,
    ResultRecord,
    SessionRecord,
    StrategyRecord,
    TrainingRecord,
)
from seg_common.volume.digests import array_digest
from seg_common.yaml_documents import dump
from seg_train.architectures.unet import side_divisor
from seg_train.gpu_facts import gpu_libraries, peak_gpu_memory_bytes
from seg_train.run_sessions import with_session_end

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    from seg_common.model_paths import ModelPaths
    from seg_common.schema.training import TrainingConfig
    from seg_common.schema.volume import ArraySource
    from seg_common.volume.array_reader import ArrayReader
    from seg_common.volume.opened_volume import Volume
    from seg_train.architectures.unet import NetworkInput
    from seg_train.crop_source import CropSource
    from seg_train.history import Row
    from seg_train.position import Position
    from seg_train.strategies.workers import Workers

CALLBACKS = ("history", "example pictures", "film frame", "training curves", "run record", "checkpoint", "best weights")
"""What happens after each epoch, in order; what precedes the checkpoint is repeated by a resumed run, and the best weights
are taken from the checkpoint again."""


def record_data(
    volume: Volume,
    config: TrainingConfig,
    class_fractions: list[float],
    advance: Callable[[int], None] | None = None,
) -> DataRecord:
    """Describe one volume of a run, with digests of the voxels as they are now.

    Raises
    ------
    VolumeError
        If the voxels differ from the digest that `volume.yaml` gives.
    """
    document = volume.document
    labels = volume.require_labels()
    source = volume.label_source
    if volume.labels_name is None or source is None:  # require_labels has raised
        raise LabelVolumeError
    return DataRecord(
        volume=str(volume.path.resolve()),
        name=document.name,
        shape=document.shape,
        dtype=document.dtype,
        voxel_size=document.voxel_size,
        voxel_size_unit=document.voxel_size_unit,
        image_digest=_checked_digest(volume.image, document.image, advance),
        labels=volume.labels_name,
        labels_digest=_checked_digest(labels, source, advance),
        weights=volume.weights_name,
        weights_digest=_weights_digest(volume, advance),
        ignored_label=source.ignored_label,
        classes=document.classes,
        train=volume.partition(config.crops.partition),
        validation=volume.partition(config.validation.partition),
        class_fractions=class_fractions,
    )


def _weights_digest(volume: Volume, advance: Callable[[int], None] | None) -> str | None:
    if volume.weights is None or volume.weights_name is None:
        return None
    return _checked_digest(volume.weights, volume.document.weights[volume.weights_name], advance)


def _checked_digest(reader: ArrayReader, source: ArraySource, advance: Callable[[int], None] | None) -> str:
    digest = array_digest(reader, advance=advance)
    if source.digest is not None and digest != source.digest:
        msg = (
            f"the voxels must be those that volume.yaml was written for; {reader} has digest {digest}, not "
            f"{source.digest}. Correct the file, or remove its digest from volume.yaml if the change was meant."
        )
        raise VolumeError(msg)
    return digest


def record_network(config: TrainingConfig, network_input: NetworkInput, network: keras.Model) -> NetworkRecord:
    """Describe the network as built."""
    return NetworkRecord(
        dimensions=config.crops.dimensions,
        input_dtype=network_input.dtype,  # type: ignore[arg-type] # pydantic checks it
        channels=network_input.channels,
        scale=network_input.scale,
        offset=network_input.offset,
        side_divisor=side_divisor(config.model),
        trainable_parameters=_count(network.trainable_variables),
        parameters=_count(network.weights),
    )


def _count(variables: list[keras.Variable]) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


def record_strategy(config: TrainingConfig, workers: Workers) -> StrategyRecord:
    """Describe how training is spread over devices."""
    return StrategyRecord(
        name=config.strategy.kind,
        devices=workers.devices,
        replicas=workers.strategy.num_replicas_in_sync,
        workers=workers.cluster.workers,
        hosts=workers.hosts,
        gpus=workers.gpus,
        gpu_libraries=gpu_libraries(),
    )


def new_record(
    config: TrainingConfig,
    data: list[DataRecord],
    network: NetworkRecord,
    strategy: StrategyRecord,
    source: CropSource,
    paths: ModelPaths,
) -> TrainingRecord:
    """Make the record of a run that begins."""
    provenance = gather_provenance()
    identity = dump(config) + "".join(map(dump, data)) + provenance.created + provenance.hostname
    return TrainingRecord(
        model_id=hashlib.sha256(identity.encode()).hexdigest()[:12],
        status="running",
        reason=None,
        config=config,
        data=data[0],
        more_data=data[1:],
        network=network,
        sampling=source.record(),
        strategy=strategy,
        batch_size=config.crops_per_batch,
        batch_size_per_replica=config.crops_per_batch // strategy.replicas,
        image_size=config.crops.shape,
        channels=config.crops.channels,
        crops_per_epoch=config.steps_per_epoch * config.crops_per_step,
        validation_steps=source.validation_steps,
        validation_crops=source.validation_crops,
        callbacks=[*CALLBACKS, *(["early stopping"] if config.early_stopping else [])],
        threads=config.threads,
        checkpoint_files={
            "last": paths.relative(paths.last_checkpoint),
            "previous": paths.relative(paths.previous_checkpoint),
            "best_weights": paths.relative(paths.best_weights),
            "last_weights": paths.relative(paths.last_weights),
        },
        seconds=0,
        sessions=1,
        session_records=[SessionRecord(first_step=0, end_step=0, strategy=strategy, provenance=provenance)],
        peak_memory_bytes=peak_memory_bytes(),
        result=ResultRecord(epochs_done=0, crops_seen=0, best_epoch=None, best_mean_jaccard=None, last={}),
        provenance=provenance,
    )


def with_progress(record: TrainingRecord, position: Position, last: Row, seconds: float) -> TrainingRecord:
    """Record where the run stands."""
    result = ResultRecord(
        epochs_done=position.epochs_done,
        crops_seen=position.step * record.config.crops_per_step,
        best_epoch=position.best_epoch,
        best_mean_jaccard=position.best_mean_jaccard,
        last=last,
    )
    on_gpus = [peak for peak in (record.peak_gpu_memory_bytes, peak_gpu_memory_bytes()) if peak is not None]
    standing = record.model_copy(
        update={
            "result": result,
            "seconds": round(seconds, 3),
            "peak_memory_bytes": max(record.peak_memory_bytes, peak_memory_bytes()),
            "peak_gpu_memory_bytes": max(on_gpus, default=None),
        }
    )
    return with_session_end(standing, position.step)
