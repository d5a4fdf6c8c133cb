"""How often each pair of labels stands at the same voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.label_values import require_class_labels
from seg_common.errors import LabelVolumeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNTED_AT_ONCE = 2**20
"""Voxels whose pairs are in memory at one time."""


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
    # Pairs that fit into a byte are counted two by two: reading and adding cost half as much.
    in_bytes = n_classes**2 <= 256 and reference.dtype == prediction.dtype == np.uint8
    # By slices: the index of a pair needs up to 8 bytes a voxel.
    planes = max(1, COUNTED_AT_ONCE // max(1, reference[:1].size))
    for z in range(0, len(reference), planes):
        truth, answer = reference[z : z + planes], prediction[z : z + planes]
        if ignored_label is not None:
            known = truth != ignored_label
            truth, answer = truth[known], answer[known]
        require_class_labels(truth, n_classes, None, "the reference")
        require_class_labels(answer, n_classes, None, "the prediction")
        if in_bytes:
            pair = (truth * np.uint8(n_classes) + answer).ravel()
            table += _count_bytes(pair)[: table.size]
        else:
            wide = truth.astype(np.int64) * n_classes + answer.astype(np.int64)
            table += np.bincount(wide.ravel(), minlength=table.size)
    return table.reshape(n_classes, n_classes)


def _count_bytes(values: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count each of the 256 values of a contiguous array of bytes."""
    even = values.size - values.size % 2
    pairs = np.bincount(values[:even].view(np.uint16), minlength=2**16).reshape(256, 256)
    counts: NDArray[np.int64] = pairs.sum(axis=0) + pairs.sum(axis=1)
    counts[values[even:]] += 1
    return counts
