"""The door to seg-data: batches by step, and a validation grid with every position once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.volume.opened_volume import open_volume
from seg_train.crop_source import IGNORED, CropSource

if TYPE_CHECKING:
    from seg_common.schema.training import TrainingConfig


@pytest.fixture
def source(config: TrainingConfig):
    """Crops of 16² with a batch size that does not divide the validation grid of 8 · 3 · 3 positions."""
    with open_volume(config.volume) as volume:
        yield CropSource([volume], config.model_copy(update={"batch_size": 5}))


def test_a_batch_is_a_function_of_its_step(source: CropSource) -> None:
    """Whatever was read before, step 3 has the same crops, and step 4 has others."""
    first = source.training_batch(3)
    source.training_batch(0)
    again = source.training_batch(3)
    assert (first.images == again.images).all()
    assert (first.labels == again.labels).all()
    assert (first.images != source.training_batch(4).images).any()
    assert first.images.dtype == np.uint8
    assert first.images.shape == (5, 16, 16, 1)


def test_the_validation_grid_has_every_voxel_once(source: CropSource) -> None:
    """72 positions in 15 batches; the last one is filled with 3 crops without weight."""
    assert source.validation_crops == 72
    assert source.validation_steps == 15
    batches = [source.validation_batch(step) for step in range(15)]
    assert {batch.images.shape for batch in batches} == {(5, 16, 16, 1)}
    labels = np.concatenate([batch.labels for batch in batches])
    assert (labels[:72] != IGNORED).all()
    assert (labels[72:] == IGNORED).all()
    assert (labels == 1).sum() == 8 * 9 * 64  # 9 rods of 8 by 8 voxels in each of 8 slices


def test_the_record_counts_one_epoch(source: CropSource) -> None:
    """Three steps of five crops were measured."""
    assert source.record().kept == 15


def test_a_slice_is_larger_than_a_crop_and_no_larger_than_a_batch(source: CropSource, labels: np.ndarray) -> None:
    """isqrt(5) = 2 crops of 16 to each side, from the middle of the validation grid, always the same."""
    batch = source.slice_batch()
    assert batch.images.shape == (1, 32, 32, 1)
    assert batch.images.size <= source.training_batch(0).images.size
    assert (batch.images == source.slice_batch().images).all()
    # The grid has 8 · 2 · 2 positions; number 16 is the first one of slice 4.
    assert (batch.labels[0] == labels[12, :32, :32]).all()
