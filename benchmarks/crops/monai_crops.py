"""MONAI: RandSpatialCropSamplesd on tensors in memory; with rejection, a loop around it, since it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from monai.data import set_track_meta
from monai.transforms import RandSpatialCropSamplesd
from task import Task, accepts, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def prepare(task: Task, folder: Path, variant: str) -> Callable[[int], tuple[Any, Any]]:
    """The variant `metadata` leaves MONAI's default on, which is to carry metadata along with each tensor."""
    set_track_meta(variant == "metadata")
    torch.set_num_threads(1)
    data = {name: torch.from_numpy(np.load(folder / f"{name}.npy"))[None] for name in ("image", "labels")}
    crop = RandSpatialCropSamplesd(["image", "labels"], task.shape, num_samples=task.batch, random_size=False)
    crop.set_random_state(0)
    rng = np.random.default_rng(0)

    def make(_: int) -> tuple[Any, Any]:
        kept: list[dict[str, Any]] = []
        while len(kept) < task.batch:
            kept += [one for one in crop(data) if not task.reject or accepts(np.asarray(one["labels"]), rng)]
        kept = kept[: task.batch]
        return torch.stack([one["image"] for one in kept]), torch.stack([one["labels"] for one in kept])

    return make


if __name__ == "__main__":
    measure(prepare)
