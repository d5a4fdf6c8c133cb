"""numpy, PyTorch, scikit-learn and MONAI: a confusion matrix each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from task import CLASSES, classes, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def numpy_bincount(folder: Path) -> Callable[[], Any]:
    """By slice, as one who knows numpy writes it."""
    reference, prediction = classes(folder)

    def work() -> Any:
        counts = np.zeros(CLASSES**2, np.int64)
        for truth, answer in zip(reference, prediction, strict=True):
            counts += np.bincount((truth * np.uint8(CLASSES) + answer).ravel(), minlength=CLASSES**2)
        return {"confusion": counts.reshape(CLASSES, CLASSES).tolist()}

    return work


def torch_bincount(folder: Path) -> Callable[[], Any]:
    import torch

    reference, prediction = (torch.from_numpy(array) for array in classes(folder))

    def work() -> Any:
        counts = torch.bincount((reference * CLASSES + prediction).view(-1), minlength=CLASSES**2)
        return {"confusion": counts.view(CLASSES, CLASSES).tolist()}

    return work


def sklearn_matrix(folder: Path) -> Callable[[], Any]:
    from sklearn.metrics import confusion_matrix

    reference, prediction = classes(folder)
    return lambda: {"confusion": confusion_matrix(reference.ravel(), prediction.ravel()).tolist()}


def monai_matrix(folder: Path) -> Callable[[], Any]:
    """Per class true and false positives and negatives, by 16 slices: one-hot floats of all of them take 3 GiB a volume."""
    import torch
    from monai.metrics import get_confusion_matrix

    reference, prediction = (torch.from_numpy(array) for array in classes(folder))

    def one_hot(labels: torch.Tensor) -> torch.Tensor:
        return torch.stack([labels == index for index in range(CLASSES)])[None].float()

    def work() -> Any:
        counts = torch.zeros(CLASSES, 4, dtype=torch.float64)
        for truth, answer in zip(reference.split(16), prediction.split(16), strict=True):
            counts += get_confusion_matrix(one_hot(answer), one_hot(truth))[0]
        return {"true_positives": counts[:, 0].long().tolist()}

    return work


if __name__ == "__main__":
    measure(
        {"D-numpy": numpy_bincount, "D-torch": torch_bincount, "D-sklearn": sklearn_matrix, "D-monai": monai_matrix}
    )
