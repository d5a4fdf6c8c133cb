"""scikit-learn, scikit-image and cc3d one after the other, as a script would chain them: row G on an eighth of the test set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cc3d
import numpy as np
from skimage.metrics import variation_of_information
from sklearn.metrics import confusion_matrix
from task import CLASSES, PART, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def chain(folder: Path) -> Callable[[], Any]:
    def work() -> Any:
        reference, prediction = (
            np.load(folder / f"test_set_{name}.npy", mmap_mode="r")[:PART] for name in ("reference", "prediction")
        )
        table = confusion_matrix(reference.ravel(), prediction.ravel())
        split, merge = variation_of_information(reference, prediction)
        blobs = []
        for index in range(CLASSES):
            truth, answer = reference == index, prediction == index
            for mask in (answer & ~truth, truth & ~answer, truth != answer):
                voxels = cc3d.statistics(cc3d.connected_components(mask), no_slice_conversion=True)["voxel_counts"][1:]
                blobs.append([int(voxels.size), int(voxels.sum()), int(voxels.max()) if voxels.size else None])
        return {
            "confusion": table.tolist(),
            "fractions": (table.sum(axis=0) / table.sum()).tolist(),
            "split": float(split),
            "merge": float(merge),
            "blobs": blobs,
        }

    return work


if __name__ == "__main__":
    measure({"G-part": chain})
