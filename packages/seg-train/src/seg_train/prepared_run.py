"""Look at the data and build everything that a run needs; whatever is wrong with the input is found here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from seg_common.cli_support import progress
from seg_train.architectures.strides import with_strides
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.batch_size import with_batch_size
from seg_train.crop_source import CropSource
from seg_train.errors import TrainingError
from seg_train.losses.configured import build_loss
from seg_train.optimizers import build_optimizer
from seg_train.region_statistics import RegionStatistics, gather_statistics, require_usable
from seg_train.run_record import record_data
from seg_train.training_steps import TrainingSteps
from seg_train.weight_average import WeightAverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.training import TrainingConfig
    from seg_common.schema.training_record import AutomaticBatchSize, DataRecord
    from seg_common.volume.opened_volume import Volume
    from seg_train.losses.voxel_loss import Loss
    from seg_train.strategies.workers import Workers


@dataclass(frozen=True)
class Prepared:
    """A run with everything built and nothing trained."""

    config: TrainingConfig
    """What to compute; nothing in it waits for the volume any more."""
    source: CropSource
    """Batches of crops."""
    statistics: RegionStatistics
    """Grey levels and classes of the training regions."""
    data: list[DataRecord]
    """The volumes as they are now."""
    network_input: NetworkInput
    """What the network takes and gives."""
    workers: Workers
    """The processes of the run, and how training is spread over their devices."""
    loss: Loss
    """What training minimises."""
    steps: TrainingSteps
    """Network, optimizer and their compiled steps."""
    automatic_batch_size: AutomaticBatchSize | None = None
    """How the batch size was found; None when the configuration gave it."""


def prepare_run(config: TrainingConfig, volumes: Sequence[Volume], workers: Workers, *, quiet: bool) -> Prepared:
    """Build a run.

    Parameters
    ----------
    config : TrainingConfig
        What to compute.
    volumes : sequence of Volume
        Its opened volumes; must stay open. Strides that follow the voxel size follow that of the first.
    workers : Workers
        The processes of the run.
    quiet : bool
        Whether to show no progress bars.

    Returns
    -------
    Prepared
        Nothing of it is trained.

    Raises
    ------
    SegError
        If labels, grey levels, crops, devices or digests do not allow the run.
    """
    document = volumes[0].document
    config = with_strides(config, document.voxel_size)
    loss = build_loss(config.loss, document.class_names)
    config, automatic = with_batch_size(config, volumes, workers.strategy)
    source = CropSource(volumes, config)
    statistics = gather_statistics([(volume, volume.partition(config.crops.partition)) for volume in volumes])
    for volume in volumes:
        require_usable(volume, volume.partition(config.validation.partition))
    slices = sum(volume.document.shape[0] * (2 if volume.weights is None else 3) for volume in volumes)
    with progress(slices, "Reading the data", quiet=quiet) as advance:
        data = [
            record_data(volume, config, fractions, advance)
            for volume, fractions in zip(volumes, statistics.region_class_fractions, strict=True)
        ]
    network_input = NetworkInput(
        rank=3 if config.crops.dimensions == "3D" else 2,
        channels=config.crops.channels,
        dtype=document.dtype,
        scale=1 / (statistics.standard_deviation or 1.0),
        offset=-statistics.mean / (statistics.standard_deviation or 1.0),
        classes=len(document.classes),
    )
    strategy = workers.strategy
    replicas = strategy.num_replicas_in_sync
    if config.crops_per_batch % replicas:
        msg = (
            f"batch_size must be a multiple of the number of replicas; got {config.crops_per_batch} for {replicas}. "
            f"Take {config.crops_per_batch // replicas * replicas or replicas}."
        )
        raise TrainingError(msg)
    with strategy.scope():
        build = partial(build_unet, config.model, network_input, synchronized=replicas > 1, precision=config.precision)
        network = build()
        optimizer = build_optimizer(config.optimizer, network, config.precision)
        average = None if config.ema is None else WeightAverage(build(), config.ema)
    steps = TrainingSteps(
        network,
        optimizer,
        strategy,
        loss=loss,
        clip_norm=config.optimizer.clip_norm,
        accumulate=config.accumulate,
        average=average,
    )
    return Prepared(config, source, statistics, data, network_input, workers, loss, steps, automatic)
