"""gunpowder: RandomLocation and, with rejection, Reject on a mask of the rare class; from memory or from a Zarr container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gunpowder as gp
import numpy as np
import zarr
from task import RARE_CLASS, REJECT_PROBABILITY, SMALLEST_SHARE, Task, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def prepare(task: Task, folder: Path, _: str) -> Callable[[int], tuple[Any, Any]]:
    """One pipeline for the run."""
    image, labels, rare = gp.ArrayKey("IMAGE"), gp.ArrayKey("LABELS"), gp.ArrayKey("RARE")
    if task.on_disk:
        source = (
            gp.ArraySource(image, _persistent(folder, "image")),
            gp.ArraySource(labels, _persistent(folder, "labels")),
        )
    else:
        arrays = {key: np.load(folder / f"{name}.npy") for key, name in ((image, "image"), (labels, "labels"))}
        if task.reject:
            arrays[rare] = (arrays[labels] == RARE_CLASS).astype(np.uint8)
        source = tuple(gp.ArraySource(key, _in_memory(array)) for key, array in arrays.items())
    pipeline = source + gp.MergeProvider() + gp.RandomLocation()
    if task.reject:
        pipeline += gp.Reject(mask=rare, min_masked=SMALLEST_SHARE, reject_probability=REJECT_PROBABILITY)
    pipeline += gp.Stack(task.batch)
    # A fixed seed would be used for every attempt: Reject would look at one place for ever.
    request = gp.BatchRequest()
    for key in (image, labels, *([rare] if task.reject else [])):
        request.add(key, gp.Coordinate(task.shape))
    built = gp.build(pipeline).__enter__()

    def make(_: int) -> tuple[Any, Any]:
        batch = built.request_batch(request)
        return batch[image].data, batch[labels].data

    return make


def _in_memory(array: np.ndarray) -> Any:
    from funlib.persistence import Array

    return Array(array, voxel_size=(1, 1, 1))


def _persistent(folder: Path, name: str) -> Any:
    from funlib.persistence import Array

    return Array(zarr.open(str(folder / "zarr2" / name), mode="r"), voxel_size=(1, 1, 1))


if __name__ == "__main__":
    measure(prepare)
