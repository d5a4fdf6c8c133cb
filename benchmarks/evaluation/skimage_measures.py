"""scikit-image: label and find_objects for blobs, its own functions for VOI, Rand error and contingency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage
from skimage.measure import label
from skimage.metrics import adapted_rand_error, contingency_table, variation_of_information
from task import CLASSES, blob_digest, classes, error_codes, measure, segments, shifted_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def blobs(codes: np.ndarray[Any, Any], connectivity: int) -> Callable[[], Any]:
    def work() -> Any:
        labels = label(codes, connectivity=connectivity)
        voxels = np.bincount(labels.ravel())[1:]
        boxes = ndimage.find_objects(labels)
        return lambda: blob_digest(
            voxels, [[s.start for s in box] for box in boxes], [[s.stop for s in box] for box in boxes]
        )

    return work


def agreement(folder: Path) -> Callable[[], Any]:
    reference, prediction = segments(folder)

    def work() -> Any:
        split, merge = variation_of_information(reference, prediction)
        error, *_ = adapted_rand_error(reference, prediction, ignore_labels=())
        return {"split": float(split), "merge": float(merge), "rand_error": float(error)}

    return work


def confusion(folder: Path) -> Callable[[], Any]:
    reference, prediction = classes(folder)

    def work() -> Any:
        found = contingency_table(reference, prediction, normalize=False)
        return {"confusion": np.asarray(found.todense())[:CLASSES, :CLASSES].astype(np.int64).tolist()}

    return work


if __name__ == "__main__":
    measure(
        {
            "B1": lambda folder: blobs(error_codes(folder), 3),
            "B2": lambda folder: blobs(shifted_errors(folder), 1),
            "C": agreement,
            "D": confusion,
        }
    )
