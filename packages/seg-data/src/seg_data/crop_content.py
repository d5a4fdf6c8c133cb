"""What a crop holds: the voxels of each class in a box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from seg_common.blocks.plan import block_shape_for
from seg_common.counting.label_values import require_class_labels
from seg_common.geometry.tiling import block_boxes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.array_reader import ArrayReader

COUNTING_BYTES = 2**25


class CropContent(Protocol):
    """Class counts of any box of a label volume."""

    n_classes: int

    def class_counts(self, box: Box) -> NDArray[np.int64]:
        """Count the voxels of each class in a box; shape (class,). Ignored voxels are in no class."""
        ...


class CountedContent:
    """Class counts by reading and counting the voxels of the box.

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

        Raises
        ------
        LabelVolumeError
            If a label is neither a class index nor the ignored label.
        """
        counts = np.zeros(self.n_classes, np.int64)
        for block in _blocks(box, self._labels.dtype.itemsize):
            counts += self._count(self._labels.read(block))
        return counts

    def _count(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        """Count one block: comparing with each of a few classes is faster than a histogram."""
        counts = np.array([np.count_nonzero(labels == index) for index in range(self.n_classes)], np.int64)
        if counts.sum() != labels.size:
            require_class_labels(labels, self.n_classes, self._ignored_label, self._labels)
        return counts


def class_fractions(content: CropContent, boxes: Iterable[Box]) -> NDArray[np.float64]:
    """Compute the share of each box's voxels in each class.

    Parameters
    ----------
    content : CropContent
        Counts per box.
    boxes : iterable of Box
        The boxes.

    Returns
    -------
    ndarray of float64, shape (box, class)
        In [0, 1]; a row sums to 1 unless the box holds ignored voxels, which count as voxels but belong to no class.
    """
    rows = [content.class_counts(box) / box.voxels for box in boxes]
    return np.array(rows, np.float64).reshape(-1, content.n_classes)


def _blocks(box: Box, bytes_per_voxel: int) -> Iterable[Box]:
    # Comparing makes a mask of one byte per voxel.
    shape = block_shape_for(box.shape, bytes_per_voxel + 1, COUNTING_BYTES)
    return [box] if shape == box.shape else block_boxes(box, shape)
