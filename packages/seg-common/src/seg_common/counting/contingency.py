"""How often each pair of labels stands at the same voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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
        Class indices 0 … n_classes - 1; the reference may hold the ignored label as well.
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
        If the shapes differ.

    Examples
    --------
    >>> contingency_table(np.array([[[0, 1, 1]]]), np.array([[[0, 0, 1]]]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    if reference.shape != prediction.shape:
        msg = f"reference and prediction must have one shape; got {reference.shape} and {prediction.shape}."
        raise LabelVolumeError(msg)
    table = np.zeros(n_classes * n_classes, np.int64)
    for truth, answer in zip(reference, prediction, strict=True):  # by slice: the pair index needs 8 bytes a voxel
        pair = truth.astype(np.int64) * n_classes + answer
        if ignored_label is not None:
            pair = pair[truth != ignored_label]
        table += np.bincount(pair.ravel(), minlength=table.size)
    return table.reshape(n_classes, n_classes)
