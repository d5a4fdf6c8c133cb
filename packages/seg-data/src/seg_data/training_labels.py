"""Labels as a network is given them: class indices in uint8, 255 where ignored, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.label_values import require_class_labels
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

IGNORED = 255
"""Value of ignored voxels, whatever the volume calls them; there are at most 255 classes."""


class TrainingLabels(ArrayReader):
    """A label volume with one dtype and one ignored label; every label is checked when it is read.

    Parameters
    ----------
    labels : ArrayReader
        Class indices, any integer type.
    n_classes : int
        Number of classes.
    ignored_label : int or None
        Value of voxels that nobody annotated.
    """

    def __init__(self, labels: ArrayReader, n_classes: int, ignored_label: int | None) -> None:
        self._labels = labels
        self._n_classes = n_classes
        self._ignored_label = ignored_label
        self.path, self.dataset, self.shape = labels.path, labels.dataset, labels.shape
        self.chunk_shape = labels.chunk_shape
        self.dtype = np.dtype(np.uint8)

    def _read(self, box: Box) -> NDArray[Any]:
        labels = self._labels.read(box)
        require_class_labels(labels, self._n_classes, self._ignored_label, self._labels)
        if self._ignored_label in (None, IGNORED):
            return labels.astype(np.uint8, copy=False)
        return np.where(labels == self._ignored_label, IGNORED, labels).astype(np.uint8)
