"""How often each pair of labels stands at the same voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.label_values import require_class_labels
from seg_common.errors import LabelVolumeError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def contingency_table(
    reference: NDArray[Any],
    prediction: NDArray[Any],
    n_classes: int,
    ignored_label: int | None = None,
) -> NDArray[np.int64]:
    """Count voxels by (reference class, predicted class); the tables of blocks add up.

    Parameters
    ----------
    reference, prediction : ndarray of int, shape (z, y, x)
        Class indices 0 … n_classes - 1; where the reference holds the ignored label, both may hold anything.
    n_classes : int
        Number of classes.
    ignored_label : int, optional
        Reference value of voxels that are left out.

    Returns
    -------
    ndarray of int64, shape (n_classes, n_classes)
        Rows are reference classes, columns predicted ones.

    Raises
    ------
    LabelVolumeError
        If the shapes differ, or a label is no class: counted all the same, it would stand in for another class.

    Examples
    --------
    >>> contingency_table(np.array([[[0, 1, 1]]]), np.array([[[0, 0, 1]]]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    if reference.shape != prediction.shape:
        msg = f"reference and prediction must have one shape; got {reference.shape} and {prediction.shape}. Crop one of them."
        raise LabelVolumeError(msg)
    table = np.zeros(n_classes * n_classes, np.int64)
    for truth, answer in zip(reference, prediction, strict=True):  # by slice: the pair index needs 8 bytes a voxel
        if ignored_label is not None:
            known = truth != ignored_label
            truth, answer = truth[known], answer[known]  # noqa: PLW2901 - the same slice, only shorter
        require_class_labels(truth, n_classes, None, "the reference")
        require_class_labels(answer, n_classes, None, "the prediction")
        pair = truth.astype(np.int64) * n_classes + answer.astype(np.int64)
        table += np.bincount(pair.ravel(), minlength=table.size)
    return table.reshape(n_classes, n_classes)
