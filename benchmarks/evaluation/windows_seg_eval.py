"""seg-eval: rows E and I, prediction of whole volumes by tiles."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from task import CLASSES, measure

from seg_common import open_volume
from seg_common.geometry.box import Box
from seg_eval import PredictionOptions, predict_volume
from seg_eval.prediction.plan import plan_prediction
from seg_eval.prediction.predict_region import predict_region
from seg_eval.prediction.trained_model import open_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seg_eval.prediction.block_accumulator import BlockAnswer

TILE = 96


class TableNetwork:
    """Probabilities from a table of grey levels, so that the answer is known and the network costs next to nothing."""

    def __init__(self) -> None:
        self.seconds, self.cpu_seconds = 0.0, 0.0

    def predict(self, tiles: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        started, cpu = time.perf_counter(), time.process_time()
        answer = grey_table()[tiles[..., 0]]
        self.seconds += time.perf_counter() - started
        self.cpu_seconds += time.process_time() - cpu
        return answer


def grey_table() -> np.ndarray[Any, Any]:
    """Soft probabilities of 3 classes for each grey level, float32."""
    distance = np.abs(np.arange(256)[:, np.newaxis] - np.array([110, 190, 40]))
    weights = np.exp(-distance / 30)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def in_memory(folder: Path) -> Callable[[], Any]:
    """Row E: the blending alone, labels into an array."""
    volume = open_volume(folder / "volume_256")
    options = PredictionOptions(tile_shape=(TILE,) * 3, halo=(0, 0, 0), overlap=0.5, batch_size=1)
    plan = plan_prediction(open_model(folder / "model", "best"), volume, Box.whole(volume.image.shape), options)
    network, labels = TableNetwork(), np.empty(volume.image.shape, np.uint8)

    def write(_: int, block: Box, answer: BlockAnswer) -> None:
        labels[block.slices()] = answer.labels

    def work() -> Any:
        predict_region(network, volume.image, plan, write)
        found = np.bincount(labels.ravel(), minlength=CLASSES).tolist()
        return lambda: {"labels": found, "network_seconds": (network.seconds, network.cpu_seconds)}

    return work


def into_files(folder: Path, side: int) -> Callable[[], Any]:
    """Row I: from files to files by the trained network, with digests and counts."""
    first, output = folder / "predicted_first", folder / f"predicted_{side}"
    for old in (first, output):
        shutil.rmtree(old, ignore_errors=True)
    smallest = min(folder.glob("volume_*"), key=lambda path: int(path.name.rpartition("_")[2]))
    # TensorFlow starts and compiles before the work.
    predict_volume(folder / "model", smallest, output=first, partition="whole")

    def work() -> Any:
        predict_volume(folder / "model", folder / f"volume_{side}", output=output, partition="whole")

        def result() -> dict[str, Any]:
            with h5py.File(output / "predicted_labels.h5") as file:
                labels = np.bincount(file["labels"][()].ravel(), minlength=CLASSES).tolist()
            return {"labels": labels}

        return result

    return work


if __name__ == "__main__":
    sides = (32, 64, 96, 128, 256, 384, 512, 768, 1024)
    measure({"E": in_memory, **{f"I-{side}": lambda folder, side=side: into_files(folder, side) for side in sides}})
