"""TorchIO: UniformSampler on a subject in memory; with rejection, a loop around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torchio
from task import Task, accepts, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def prepare(task: Task, folder: Path, _: str) -> Callable[[int], tuple[Any, Any]]:
    """One stream of patches."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    subject = torchio.Subject(
        image=torchio.ScalarImage(tensor=torch.from_numpy(np.load(folder / "image.npy"))[None]),
        labels=torchio.LabelMap(tensor=torch.from_numpy(np.load(folder / "labels.npy"))[None]),
    )
    stream = torchio.data.UniformSampler(task.shape)(subject)
    rng = np.random.default_rng(0)

    def make(_: int) -> tuple[Any, Any]:
        kept: list[tuple[Any, Any]] = []
        while len(kept) < task.batch:
            patch = next(stream)
            image, labels = patch["image"].data, patch["labels"].data
            if not task.reject or accepts(labels.numpy(), rng):
                kept.append((image, labels))
        return torch.stack([image for image, _ in kept]), torch.stack([labels for _, labels in kept])

    return make


if __name__ == "__main__":
    measure(prepare)
