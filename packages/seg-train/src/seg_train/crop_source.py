"""The only door to seg-data: training batches by step, validation batches by position."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from seg_common.geometry.box import Box
from seg_common.schema.crop_positions import GridPositions
from seg_common.schema.crops import CropsConfig
from seg_data import Crop, CropReader, make_sampler, measure_coverage
from seg_train.batch_queue import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.geometry.box import Index3
    from seg_common.schema.crops import CropsRecord
    from seg_common.schema.training import TrainingConfig
    from seg_common.volume.opened_volume import Volume
    from seg_data import CropSampler

IGNORED = 255
"""Label of voxels without weight in a batch; class indices are smaller."""


class CropSource:
    """Crops of one run.

    Parameters
    ----------
    volumes : sequence of Volume
        The opened training set, in the order of the configuration; must stay open.
    config : TrainingConfig
        Crops, validation, seed and batch size.

    Raises
    ------
    CropError
        If a crop does not fit into a region, or the rejection function can keep nothing in one.
    """

    def __init__(self, volumes: Sequence[Volume], config: TrainingConfig) -> None:
        self._config, self._volumes = config, volumes
        grid = CropsConfig(
            partition=config.validation.partition,
            shape=config.crops.shape,
            slices=config.crops.slices,
            normals=config.crops.normals,
            positions=GridPositions(min_overlap=config.validation.min_overlap),
            symmetries=False,
            voxel_weights=config.crops.voxel_weights,
        )
        weights = [volume.weight for volume in config.training_set]
        self._training = make_sampler(volumes, config.crops, config.seed, weights=weights, leave_out=False)
        validation = make_sampler(volumes, grid, config.seed, leave_out=False)
        self._training_reader = CropReader(self._training)
        self._validation_reader = CropReader(validation)
        self._validation_crops = _grid_crops(validation)

    @property
    def validation_crops(self) -> int:
        """Positions of the validation grids of all volumes and planes."""
        return len(self._validation_crops)

    @property
    def validation_steps(self) -> int:
        """Batches of the validation grids."""
        return -(-self.validation_crops // self._config.crops_per_batch)

    def training_batch(self, step: int) -> Batch:
        """Crops step·B … step·B + B - 1 of the stream, where a step takes B of them."""
        size = self._config.crops_per_step
        batch = self._training_reader.batch(step * size, size)
        assert batch.labels is not None
        return Batch(batch.image, batch.labels, batch.weights)

    def validation_batch(self, step: int) -> Batch:
        """Batch of the validation grids; the last one is filled up with crops without weight."""
        size = self._config.crops_per_batch
        crops = self._validation_crops[step * size : (step + 1) * size]
        batch = self._validation_reader.read(crops)
        assert batch.labels is not None
        missing = size - len(crops)
        images = np.concatenate([batch.image, np.repeat(batch.image[-1:], missing, axis=0)])
        unweighted = np.full((missing, *batch.labels.shape[1:]), IGNORED, batch.labels.dtype)
        weights = batch.weights
        if weights is not None:
            weights = np.concatenate([weights, np.zeros(unweighted.shape, weights.dtype)])
        return Batch(images, np.concatenate([batch.labels, unweighted]), weights)

    def example_batch(self, count: int) -> Batch:
        """Read a few crops spread evenly over the validation grids, always the same."""
        chosen = np.linspace(0, self.validation_crops - 1, min(count, self.validation_crops)).round().astype(int)
        batch = self._validation_reader.read([self._validation_crops[n] for n in chosen.tolist()])
        assert batch.labels is not None
        return Batch(batch.image, batch.labels)

    def slice_batch(self) -> Batch:
        """Read one part of the first validation region that is larger than a crop, always the same.

        It holds no more voxels than a training batch, so that the network fits into memory with it.
        """
        crops = self._config.crops
        grid = CropsConfig(
            partition=self._config.validation.partition,
            shape=self._slice_shape(),
            slices=crops.slices,
            normals=crops.normals[:1],
            positions=GridPositions(),
            symmetries=False,
        )
        sampler = make_sampler(self._volumes[:1], grid, self._config.seed, leave_out=False)
        pieces = _grid_crops(sampler)
        batch = CropReader(sampler).read([pieces[len(pieces) // 2]])
        assert batch.labels is not None
        return Batch(batch.image, batch.labels)

    def _slice_shape(self) -> Index3:
        """Rows and columns of as many crops as a batch has, side by side, as far as the region reaches."""
        z, *sides = self._config.crops.shape
        normal = "zyx".index(self._config.crops.normals[0])
        region = self._volumes[0].partition(self._config.validation.partition).shape
        lengths = region[:normal] + region[normal + 1 :]
        divisors = self._config.model.side_divisors
        assert divisors is not None, "strides are resolved before crops are read"
        factor = isqrt(self._config.crops_per_batch)
        rows, columns = (
            min(side * factor, length // divisor * divisor)
            for side, length, divisor in zip(sides, lengths, divisors[1:], strict=True)
        )
        return z, rows, columns

    def record(self) -> CropsRecord:
        """Measure what the sampler offers and keeps in one epoch, and compute what was to be expected, before training."""
        return measure_coverage(self._training, crops=self._config.steps_per_epoch * self._config.crops_per_step)


def _grid_crops(sampler: CropSampler) -> list[Crop]:
    """Every position of every source once; those without an annotated voxel are left out."""
    crops: list[Crop] = []
    for index, source in enumerate(sampler.sources):
        offered = source.offered_in_cycle(0)
        for z, y, x in offered.starts[offered.kept].tolist():
            crops.append(Crop(len(crops), Box(start=(z, y, x), shape=source.shape), source=index))
    return crops
