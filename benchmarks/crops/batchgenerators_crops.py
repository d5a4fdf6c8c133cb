"""batchgenerators: random_crop on arrays in memory; with rejection, a loop around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from batchgenerators.augmentations.crop_and_pad_augmentations import random_crop
from task import Task, accepts, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def prepare(task: Task, folder: Path, _: str) -> Callable[[int], tuple[Any, Any]]:
    """The volume stands for each element of the batch, without a copy."""
    np.random.seed(0)  # noqa: NPY002 - the library draws from numpy's global state
    image, labels = (np.load(folder / f"{name}.npy")[None, None] for name in ("image", "labels"))
    rng = np.random.default_rng(0)

    def draw(size: int) -> tuple[Any, Any]:
        return random_crop(*(np.broadcast_to(a, (size, *a.shape[1:])) for a in (image, labels)), list(task.shape))

    def make(_: int) -> tuple[Any, Any]:
        if not task.reject:
            return draw(task.batch)
        images, kept = [], []
        while len(kept) < task.batch:
            drawn, drawn_labels = draw(1)
            if accepts(drawn_labels, rng):
                images.append(drawn)
                kept.append(drawn_labels)
        return np.concatenate(images), np.concatenate(kept)

    return make


if __name__ == "__main__":
    measure(prepare)
