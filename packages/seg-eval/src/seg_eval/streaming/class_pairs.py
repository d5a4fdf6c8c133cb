"""Confusion of two blocks of labels in compiled code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.contingency import contingency_table
from seg_eval.streaming import count_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CLASSES = 4
"""Classes whose pairs fit into half a byte."""


def class_pairs(
    reference: NDArray[Any], prediction: NDArray[Any], n_classes: int, ignored_label: int | None = None
) -> NDArray[np.int64]:
    """Count voxels by (reference class, predicted class), as `contingency_table` does.

    Bytes of up to 4 classes are counted four voxels at a time; everything else is left to `contingency_table`.

    Parameters
    ----------
    reference, prediction : ndarray of int, shape (z, y, x)
        Class indices 0 … n_classes - 1; where the reference holds the ignored label, both may hold anything. Not modified.
    n_classes : int
        Number of classes.
    ignored_label : int, optional
        Reference value of voxels that are left out.

    Returns
    -------
    ndarray of int64, shape (n_classes, n_classes)
        Rows are reference classes, columns predicted ones; the tables of blocks add up.

    Raises
    ------
    LabelVolumeError
        If the shapes differ, or a label is no class.

    Examples
    --------
    >>> import numpy as np
    >>> class_pairs(np.array([[[0, 1, 1]]], np.uint8), np.array([[[0, 0, 1]]], np.uint8), 2).tolist()
    [[1, 0], [1, 1]]
    """
    bytes_alike = reference.dtype == prediction.dtype == np.uint8 and reference.shape == prediction.shape
    if not bytes_alike or n_classes > MOST_CLASSES:
        return contingency_table(reference, prediction, n_classes, ignored_label)
    truth, answer = (np.ascontiguousarray(labels).reshape(-1) for labels in (reference, prediction))
    whole = truth.size // 8 * 8
    fours, single = np.zeros((2, 2**16), np.int64), np.zeros(16, np.int64)
    ignored = -1 if ignored_label is None else ignored_label
    words, others = truth[:whole].view(np.uint64), answer[:whole].view(np.uint64)
    all_classes = count_kernels.count_words(words, others, n_classes, ignored, fours, single)
    together = fours.sum(axis=0)
    for place in range(4):
        single += together.reshape(-1, 16, 16**place).sum(axis=(0, 2))
    table = single.reshape(4, 4)
    if 0 <= ignored < 4:
        table[ignored] = 0
    if not all_classes or table[n_classes:].any() or table[:, n_classes:].any():
        # Its message says which labels are wrong.
        return contingency_table(reference, prediction, n_classes, ignored_label)
    rest = contingency_table(truth[whole:], answer[whole:], n_classes, ignored_label)
    counts: NDArray[np.int64] = table[:n_classes, :n_classes] + rest
    return counts
