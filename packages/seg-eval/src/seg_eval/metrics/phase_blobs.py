"""The blobs of every class in one label volume: pores, fibres, inclusions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.counting.label_values import require_class_labels
from seg_eval.metrics.blob_summary import BlobSummary, StreamingBlobSummaries
from seg_eval.metrics.class_codes import class_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.streaming.streaming_blobs import Connectivity


class StreamingPhaseBlobs:
    """Find the connected components of every class of a label volume that comes block by block, in one labelling.

    Parameters
    ----------
    region : Box
        What the blocks partition; blob boxes come out in its coordinates.
    n_classes : int
        Class indices are 0 … n_classes - 1.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.
    ignored_label : int, optional
        Label of voxels that belong to no blob.
    """

    def __init__(
        self, region: Box, n_classes: int, connectivity: Connectivity, ignored_label: int | None = None
    ) -> None:
        self._n_classes = n_classes
        self._ignored_label = ignored_label
        self._blobs = StreamingBlobSummaries(region, n_classes, connectivity)

    def add(self, block: Box, labels: NDArray[Any]) -> None:
        """Join the next block to those before, in raster order (z slowest).

        Parameters
        ----------
        block : Box
            Where the block lies, in the coordinates of the region.
        labels : ndarray of int, shape (z, y, x)
            Class indices, or the ignored label. Not modified.

        Raises
        ------
        LabelVolumeError
            If a label is no class.
        VolumeError
            If the block is out of order, or its shape is not that of `labels`.
        """
        require_class_labels(labels, self._n_classes, self._ignored_label, f"the block [{block}]")
        chosen = None if self._ignored_label is None else labels != self._ignored_label
        self._blobs.add(block, class_codes(labels, self._n_classes, chosen))

    def finish(self) -> tuple[BlobSummary, ...]:
        """Return the blobs of each class.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        return self._blobs.finish()
