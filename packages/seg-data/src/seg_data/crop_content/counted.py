"""Class counts by reading and counting the voxels of boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.counting.label_values import require_class_labels
from seg_common.geometry.tiling import block_boxes
from seg_data.chunk_blocks import chunk_block_shape, chunk_shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.array_reader import ArrayReader

COUNTING_BYTES = 2**22


class CountedContent:
    """Class counts of boxes, exact, at the price of reading them.

    Parameters
    ----------
    labels : ArrayReader
        Class indices (z, y, x).
    n_classes : int
        Number of classes.
    ignored_label : int, optional
        Value of voxels that are in no class.
    """

    def __init__(self, labels: ArrayReader, n_classes: int, ignored_label: int | None = None) -> None:
        self.n_classes = n_classes
        self._labels = labels
        self._ignored_label = ignored_label

    def class_counts(self, box: Box) -> NDArray[np.int64]:
        """Count the voxels of each class in a box.

        Parameters
        ----------
        box : Box
            Inside the label volume; may be of any size, it is read in blocks.

        Returns
        -------
        ndarray of int64, shape (class,)
            Ignored voxels are in no class.

        Raises
        ------
        LabelVolumeError
            If a label is neither a class index nor the ignored label.
        """
        counts = np.zeros(self.n_classes, np.int64)
        for block in self._blocks(box):
            counts += self._count(self._labels.read(block))
        return counts

    def class_count(self, box: Box, index: int) -> int:
        """Count the voxels of one class in a box, whatever else is in it."""
        return sum(int(np.count_nonzero(self._labels.read(block) == index)) for block in self._blocks(box))

    def _count(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        """Count one block: comparing with each of a few classes is faster than a histogram."""
        counts = np.array([np.count_nonzero(labels == index) for index in range(self.n_classes)], np.int64)
        if counts.sum() != labels.size:
            require_class_labels(labels, self.n_classes, self._ignored_label, self._labels)
        return counts

    def _blocks(self, box: Box) -> Iterable[Box]:
        # Comparing makes a mask of one byte per voxel.
        voxels = COUNTING_BYTES // (self._labels.dtype.itemsize + 1)
        if box.voxels <= voxels:
            return [box]
        return block_boxes(box, chunk_block_shape(box.shape, chunk_shape_of([self._labels]), voxels))
