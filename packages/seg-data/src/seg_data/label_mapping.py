"""Labels under other numbers: the values of a file turned into class indices while they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import LabelVolumeError
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box


STORED_IGNORED_LABEL = 255
"""Value of ignored voxels in an imported volume; there are at most 255 classes, so it is never a class."""


class MappedLabels(ArrayReader):
    """A label volume read as uint8 with some values replaced.

    Parameters
    ----------
    labels : ArrayReader
        Integer labels.
    mapping : mapping of int to int
        New value, in [0, 255], for old values; others keep theirs, which must lie in that range too.
    """

    def __init__(self, labels: ArrayReader, mapping: Mapping[int, int]) -> None:
        self._labels = labels
        self._mapping = dict(mapping)
        self.path, self.dataset, self.shape = labels.path, labels.dataset, labels.shape
        self.dtype = np.dtype(np.uint8)
        self.chunk_shape = labels.chunk_shape

    def _read(self, box: Box) -> NDArray[Any]:
        return map_labels(self._labels.read(box), self._mapping)

    def close(self) -> None:
        """Close the label volume."""
        super().close()
        self._labels.close()


def map_labels(labels: NDArray[Any], mapping: Mapping[int, int]) -> NDArray[np.uint8]:
    """Replace values of labels, all at once: a new value is never mapped again.

    Parameters
    ----------
    labels : ndarray of int, any shape
        Values that are not mapped must lie in [0, 255].
    mapping : mapping of int to int
        New value, in [0, 255], for old values.

    Returns
    -------
    ndarray of uint8, of the same shape
        A copy.

    Examples
    --------
    >>> map_labels(np.array([0, 1, 2]), {1: 2, 2: 1})
    array([0, 2, 1], dtype=uint8)
    """
    mapped = labels.astype(np.uint8)
    for old, new in mapping.items():
        if old != new:
            mapped[labels == old] = new
    return mapped


def mapping_with_ignored(mapping: Iterable[tuple[int, int]], ignored_label: int | None) -> dict[int, int]:
    """Join the mapping of classes and that of the ignored label to the value that it is stored as."""
    joined = dict(mapping)
    if ignored_label is not None:
        joined[ignored_label] = STORED_IGNORED_LABEL
    return joined


def map_counts(counts: Mapping[int, int], mapping: Mapping[int, int]) -> dict[int, int]:
    """Sum the voxels of each value of a file under the value that it becomes; growing values.

    Examples
    --------
    >>> map_counts({0: 5, 1: 2, 255: 1}, {255: 1})
    {0: 5, 1: 3}
    """
    mapped: dict[int, int] = {}
    for value, voxels in counts.items():
        new = mapping.get(value, value)
        mapped[new] = mapped.get(new, 0) + voxels
    return dict(sorted(mapped.items()))


def parse_mapping(text: str) -> tuple[int, int]:
    """Read ``OLD:NEW``, for example ``255:1``.

    Raises
    ------
    LabelVolumeError
        If the text has another form, or NEW does not lie in 0 … 254.
    """
    old, _, new = text.partition(":")
    try:
        pair = int(old), int(new)
    except ValueError:
        pair = (0, -1)
    if not 0 <= pair[1] < 255:
        msg = f"a mapping is written OLD:NEW with whole numbers and NEW in 0 … 254; got {text!r}. Write for example 255:1."
        raise LabelVolumeError(msg)
    return pair
