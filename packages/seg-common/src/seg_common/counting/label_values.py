"""Count the values of a label volume, and refuse those that are no class."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import LabelVolumeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def count_label_values(blocks: Iterable[NDArray[Any]]) -> dict[int, int]:
    """Count each value over the blocks of a label volume.

    Parameters
    ----------
    blocks : iterable of ndarray of int, any shape
        The voxels, in any order.

    Returns
    -------
    dict
        Voxels by value, growing values.
    """
    counts: Counter[int] = Counter()
    for block in blocks:
        if block.dtype == np.uint8:
            found = np.bincount(block.ravel(), minlength=256)
            values = np.flatnonzero(found)
            found = found[values]
        else:
            values, found = np.unique(block, return_counts=True)
        counts.update(dict(zip(values.tolist(), found.tolist(), strict=True)))
    return dict(sorted(counts.items()))


def require_class_labels(labels: NDArray[Any], n_classes: int, ignored_label: int | None, source: object) -> None:
    """Raise LabelVolumeError unless every label is a class index or the ignored label.

    Parameters
    ----------
    labels : ndarray of int, any shape
        Labels to check.
    n_classes : int
        Class indices are 0 … n_classes - 1.
    ignored_label : int or None
        One more value that is allowed.
    source : object
        Named in the message.
    """
    if not labels.size or (labels.min() >= 0 and labels.max() < n_classes):
        return  # two passes without a temporary array, for almost every block
    wrong = (labels < 0) | (labels >= n_classes)
    if ignored_label is not None:
        wrong &= labels != ignored_label
    if wrong.any():
        values, counts = np.unique(labels[wrong], return_counts=True)
        listing = ", ".join(f"{v} ({c} voxels)" for v, c in zip(values[:5].tolist(), counts[:5].tolist(), strict=True))
        more = " and more" if values.size > 5 else ""
        msg = (
            f"labels must be class indices 0 … {n_classes - 1}; {source} holds {listing}{more}. "
            "seg-data check proposes a mapping."
        )
        raise LabelVolumeError(msg)
