"""seg-eval: arrays in memory for rows B to D, files on disk for row G."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from task import CLASSES, PART, blob_digest, classes, error_codes, measure, segments, shifted_errors

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.volume.open_array import open_label_volume
from seg_eval import PairTable, StreamingErrorBlobs, adapted_rand, label_blobs, variation_of_information, voi_of_pairs
from seg_eval.metrics.class_codes import class_codes
from seg_eval.streaming.class_pairs import class_pairs
from seg_eval.streaming.region_counts import RegionCounts
from seg_eval.streaming.wrong_runs import find_wrong_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

BLOCK_VOXELS = 2**23


def blobs(codes: np.ndarray[Any, Any], connectivity: Any) -> Callable[[], Any]:
    label_blobs(codes[:2], connectivity)

    def work() -> Any:
        table = label_blobs(codes, connectivity)
        return lambda: blob_digest(table.voxels, table.box_start, table.box_stop)

    return work


def agreement(folder: Path) -> Callable[[], Any]:
    reference, prediction = segments(folder)

    def compare(truth: np.ndarray[Any, Any], answer: np.ndarray[Any, Any]) -> dict[str, Any]:
        table = PairTable()
        table.add_labels(truth, answer)
        pairs = table.pairs()
        voi, rand = voi_of_pairs(pairs), adapted_rand(pairs)
        return {"split": voi.split, "merge": voi.merge, "rand_error": rand.error}

    compare(reference[:1], prediction[:1])
    return lambda: compare(reference, prediction)


def confusion(folder: Path) -> Callable[[], Any]:
    reference, prediction = classes(folder)
    class_pairs(reference[:1], prediction[:1], CLASSES)
    return lambda: {"confusion": class_pairs(reference, prediction, CLASSES).tolist()}


def whole(folder: Path, planes: int | None = None) -> Callable[[], Any]:
    """Confusion, fractions, VOI, FP, FN, both and pooled blobs of files, block by block."""
    paths = [str(folder / f"test_set_{name}.npy") for name in ("reference", "prediction")]

    def run(thickness: int | None) -> dict[str, Any]:
        with open_label_volume(paths[0]) as truth, open_label_volume(paths[1]) as answer:
            shape = truth.shape if thickness is None else (thickness, *truth.shape[1:])
            region = Box.whole(shape)
            counts, errors = RegionCounts(region, CLASSES), StreamingErrorBlobs(region, CLASSES, 3)
            block_shape = (max(1, BLOCK_VOXELS // (shape[1] * shape[2])), *shape[1:])
            with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
                for block in block_boxes(region, block_shape):
                    codes = [class_codes(volume.read(block), CLASSES) for volume in (truth, answer)]
                    tasks = errors.tasks(find_wrong_runs(block, region, *codes))
                    tasks.append(lambda block=block, codes=codes: counts.add(block, *codes))
                    for done in [pool.submit(task) for task in tasks]:
                        done.result()
            found = errors.finish()
        table = counts.confusion
        voi = variation_of_information(table)
        each = [found.of_class(index) for index in range(CLASSES)]
        return {
            "confusion": table.tolist(),
            "fractions": (table.sum(axis=0) / table.sum()).tolist(),
            "split": voi.split,
            "merge": voi.merge,
            "blobs": [[kind.count, kind.total, kind.max] for one in each for kind in (one.fp, one.fn, one.both)],
        }

    run(1)
    return lambda: run(planes)


if __name__ == "__main__":
    measure(
        {
            "B1": lambda folder: blobs(error_codes(folder), 3),
            "B2": lambda folder: blobs(shifted_errors(folder), 1),
            "C": agreement,
            "D": confusion,
            "G": whole,
            "G-part": lambda folder: whole(folder, PART),
        }
    )
