"""Labels under other numbers: the values of a file turned into class indices while they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.errors import LabelVolumeError
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box


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

    def _read(self, box: Box) -> NDArray[Any]:
        labels = self._labels.read(box)
        mapped = labels.astype(np.uint8)
        for old, new in self._mapping.items():
            if old != new:
                mapped[labels == old] = new
        return mapped


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
