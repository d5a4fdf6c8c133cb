"""Best and worst crops, against a network that answers by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from seg_common.model_paths import ModelPaths
from seg_train.batch_queue import Batch
from seg_train.callbacks.best_and_worst import best_and_worst

if TYPE_CHECKING:
    from pathlib import Path

IGNORED = 255


class Grid:
    """Five crops of 4 voxels in batches of two; the last batch is filled up with an ignored crop."""

    validation_steps = 3
    labels = np.array(
        [[[0, 0, 1, 1]], [[0, 1, 1, 1]], [[0, 0, 0, 0]], [[1, 1, 1, 1]], [[0, 0, 0, 1]], [[IGNORED] * 4]], np.uint8
    )

    def validation_batch(self, step: int) -> Batch:
        """Grey levels say which crop it is."""
        chosen = slice(2 * step, 2 * step + 2)
        images = np.arange(6, dtype=np.uint8)[chosen, None, None, None] * np.ones((1, 1, 4, 1), np.uint8)
        return Batch(images, self.labels[chosen])


class AlwaysZero:
    """A network that sees class 0 everywhere."""

    def predict(self, images: Any) -> Any:
        """Probability 1 of class 0."""
        return np.stack([np.ones(images.shape[:-1]), np.zeros(images.shape[:-1])], axis=-1)


def test_crops_are_ordered_from_worst_to_best() -> None:
    """Mean Jaccard by hand: 1/4, 1/8, 1 (class 1 is absent), 0, 3/8; the ignored crop has none."""
    found = best_and_worst(AlwaysZero(), Grid(), 2, IGNORED)  # type: ignore[arg-type]
    assert found is not None
    assert found.scored == 5
    assert found.batch.images[:, 0, 0, 0].tolist() == [3, 1, 4, 2]
    assert np.array_equal(found.batch.labels, Grid.labels[[3, 1, 4, 2]])


def test_no_crop_is_shown_twice_and_ignored_ones_never() -> None:
    """Fewer crops than places: each once; none at all: nothing to show."""
    grid = Grid()
    grid.labels = np.where(np.arange(6)[:, None, None] == 2, grid.labels, IGNORED).astype(np.uint8)
    found = best_and_worst(AlwaysZero(), grid, 2, IGNORED)  # type: ignore[arg-type]
    assert found is not None
    assert found.batch.images[:, 0, 0, 0].tolist() == [2]
    grid.labels = np.full_like(grid.labels, IGNORED)
    assert best_and_worst(AlwaysZero(), grid, 2, IGNORED) is None  # type: ignore[arg-type]


def test_a_run_draws_them_beside_the_fixed_crops(trained: Path) -> None:
    """Two worst and two best crops, four panels each, in every epoch that has examples."""
    paths = ModelPaths(root=trained)
    for epoch in (1, 2):
        with Image.open(paths.best_and_worst(epoch)) as picture, Image.open(paths.examples(epoch)) as fixed:
            assert picture.size == fixed.size
