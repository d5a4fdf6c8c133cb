"""The only door to seg-data: training batches by step, validation batches by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.crop_positions import GridPositions
from seg_common.schema.crops import CropsConfig
from seg_data import CropReader, expected_crops, make_sampler, measure_coverage
from seg_train.batch_queue import Batch

if TYPE_CHECKING:
    from seg_common.schema.crops import CropsRecord
    from seg_common.schema.training import TrainingConfig
    from seg_common.volume.opened_volume import Volume

IGNORED = 255
"""Label of voxels without weight in a batch; class indices are smaller."""


class CropSource:
    """Crops of one run.

    Parameters
    ----------
    volume : Volume
        An opened volume with labels; must stay open.
    config : TrainingConfig
        Crops, validation, seed and batch size.

    Raises
    ------
    CropError
        If a crop does not fit into its region, or the rejection function can keep nothing.
    """

    def __init__(self, volume: Volume, config: TrainingConfig) -> None:
        self._config = config
        grid = CropsConfig(
            partition=config.validation.partition,
            shape=config.crops.shape,
            slices=config.crops.slices,
            positions=GridPositions(min_overlap=config.validation.min_overlap),
            symmetries=False,
            voxel_weights=config.crops.voxel_weights,
        )
        self._training = make_sampler(volume, config.crops, config.seed)
        self._validation = make_sampler(volume, grid, config.seed)
        self._training_reader = CropReader(self._training)
        self._validation_reader = CropReader(self._validation)

    @property
    def validation_crops(self) -> int:
        """Positions of the validation grid."""
        crops = self._validation.sources[0].crops_per_cycle
        assert crops is not None
        return crops

    @property
    def validation_steps(self) -> int:
        """Batches of the validation grid."""
        return -(-self.validation_crops // self._config.batch_size)

    @property
    def kept_per_cycle(self) -> float | None:
        """Crops kept in a cycle on average; None when the positions have no cycles."""
        source = self._training.sources[0]
        if source.crops_per_cycle is None:
            return None
        return source.crops_per_cycle * expected_crops(source).acceptance_rate

    def training_batch(self, step: int) -> Batch:
        """Batch of a training step: crops step·B … step·B + B - 1 of the stream."""
        size = self._config.batch_size
        batch = self._training_reader.batch(step * size, size)
        assert batch.labels is not None
        return Batch(batch.image, batch.labels, batch.weights)

    def validation_batch(self, step: int) -> Batch:
        """Batch of the validation grid; the last one is filled up with crops without weight."""
        size = self._config.batch_size
        first = step * size
        count = min(size, self.validation_crops - first)
        crops = [self._validation.crop(n) for n in range(first, first + count)]
        batch = self._validation_reader.read(crops)
        assert batch.labels is not None
        missing = size - count
        images = np.concatenate([batch.image, np.repeat(batch.image[-1:], missing, axis=0)])
        unweighted = np.full((missing, *batch.labels.shape[1:]), IGNORED, batch.labels.dtype)
        weights = batch.weights
        if weights is not None:
            weights = np.concatenate([weights, np.zeros(unweighted.shape, weights.dtype)])
        return Batch(images, np.concatenate([batch.labels, unweighted]), weights)

    def example_batch(self, count: int) -> Batch:
        """Read a few crops spread evenly over the validation grid, always the same."""
        chosen = np.linspace(0, self.validation_crops - 1, min(count, self.validation_crops)).round().astype(int)
        batch = self._validation_reader.read([self._validation.crop(int(n)) for n in chosen])
        assert batch.labels is not None
        return Batch(batch.image, batch.labels)

    def record(self) -> CropsRecord:
        """Measure what the sampler offers and keeps in one epoch, before training."""
        return measure_coverage(self._training, crops=self._config.steps_per_epoch * self._config.batch_size)
