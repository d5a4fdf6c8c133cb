"""seg-data: volumes on disk; regions of up to 256 MiB are loaded, as by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from task import REJECT_PROBABILITY, SMALLEST_SHARE, Task, measure

from seg_common import open_volume
from seg_common.schema.crops import CropsConfig
from seg_data import CropReader, make_sampler

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def prepare(task: Task, folder: Path, variant: str) -> Callable[[int], tuple[Any, Any]]:
    """Variants are the names of volume folders."""
    rejection = {
        "kind": "min_class_fraction",
        "class_name": "pore",
        "fraction": SMALLEST_SHARE,
        "reject_probability": REJECT_PROBABILITY,
    }
    config = CropsConfig.model_validate(
        {
            "partition": "train",
            "shape": task.shape,
            "positions": {"kind": "uniform"},
            "rejection": rejection if task.reject else None,
            "symmetries": False,
        }
    )
    reader = CropReader(make_sampler(open_volume(folder / (variant or "npy")), config, seed=0))

    def make(number: int) -> tuple[Any, Any]:
        batch = reader.batch(number * task.batch, task.batch)
        return batch.image, batch.labels

    return make


if __name__ == "__main__":
    measure(prepare)
