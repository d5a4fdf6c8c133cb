"""The blobs of wrong voxels, per class and pooled: found too much, missed, and both joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seg_common.counting.label_values import require_class_labels
from seg_common.errors import LabelVolumeError
from seg_common.schema.evaluation import BlobStatistics, ErrorBlobs
from seg_eval.metrics.blob_statistics import Surroundings, summary_statistics
from seg_eval.metrics.blob_summary import LARGEST_LISTED, BlobSummary, StreamingBlobSummaries
from seg_eval.metrics.class_codes import class_codes
from seg_eval.metrics.error_kinds import error_tasks
from seg_eval.streaming.wrong_runs import find_wrong_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.metrics.error_kinds import Task
    from seg_eval.streaming.streaming_blobs import Connectivity
    from seg_eval.streaming.wrong_runs import WrongRuns


@dataclass(frozen=True, eq=False)
class ErrorBlobSummaries:
    """Every error blob of a region, counted."""

    fp: tuple[BlobSummary, ...]
    """For each class, the voxels wrongly predicted as it."""
    fn: tuple[BlobSummary, ...]
    """For each class, the voxels of it that were missed."""
    both: tuple[BlobSummary, ...]
    """For each class, the voxels that are in exactly one of reference and prediction, joined where they touch."""
    pooled: BlobSummary
    """All wrong voxels, whatever their classes, joined where they touch."""

    def of_class(self, class_index: int, surroundings: Surroundings | None = None) -> ErrorBlobs:
        """Summarise the error blobs of one class.

        Parameters
        ----------
        class_index : int
            The class, in 0 … number of classes - 1.
        surroundings : Surroundings, optional
            Voxel size.

        Returns
        -------
        ErrorBlobs
            False positives, false negatives, and both joined.
        """
        return ErrorBlobs(
            fp=summary_statistics(self.fp[class_index], surroundings),
            fn=summary_statistics(self.fn[class_index], surroundings),
            both=summary_statistics(self.both[class_index], surroundings),
        )

    def pooled_statistics(self, surroundings: Surroundings | None = None) -> BlobStatistics:
        """Summarise the error blobs of all classes together; see `of_class`."""
        return summary_statistics(self.pooled, surroundings)


class StreamingErrorBlobs:
    """Find the error blobs of a prediction that comes block by block with its reference.

    One labelling finds the false positives of all classes, as blobs of equal predicted class among the wrong voxels, and
    one more the false negatives. Both kinds joined needs one labelling per class, because a wrong voxel belongs to two
    classes; with two classes all wrong voxels belong to both, and the pooled labelling serves. Blobs are counted as soon
    as they are finished, so that memory does not grow with their number.

    Parameters
    ----------
    region : Box
        What the blocks partition; blob boxes come out in its coordinates.
    n_classes : int
        Class indices are 0 … n_classes - 1.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.
    ignored_label : int, optional
        Reference label of voxels that are never wrong.
    number : int
        How many of the largest blobs of each kind are kept.

    Examples
    --------
    A pore (class 1) of two voxels that was predicted one voxel too far to the right:

    >>> import numpy as np
    >>> from seg_common.geometry.box import Box
    >>> errors = StreamingErrorBlobs(Box.whole((1, 1, 4)), n_classes=2, connectivity=1)
    >>> errors.add(Box.whole((1, 1, 4)), np.array([[[1, 1, 0, 0]]]), np.array([[[0, 1, 1, 0]]]))
    >>> pore = errors.finish().of_class(1)
    >>> pore.fp.count, pore.fn.count, pore.both.count
    (1, 1, 2)
    """

    def __init__(
        self,
        region: Box,
        n_classes: int,
        connectivity: Connectivity,
        ignored_label: int | None = None,
        number: int = LARGEST_LISTED,
    ) -> None:
        def blobs(n_codes: int) -> StreamingBlobSummaries:
            return StreamingBlobSummaries(region, n_codes, connectivity, number)

        self._region, self._n_classes = region, n_classes
        self._ignored_label = ignored_label
        self._fp, self._fn, self._pooled = blobs(n_classes), blobs(n_classes), blobs(1)
        self._both = [blobs(1) for _ in range(n_classes if n_classes > 2 else 0)]

    def add(self, block: Box, reference: NDArray[Any], prediction: NDArray[Any]) -> None:
        """Join the next block to those before, in raster order (z slowest).

        Parameters
        ----------
        block : Box
            Where the block lies, in the coordinates of the region.
        reference, prediction : ndarray of int, shape (z, y, x)
            Class indices; the reference may hold the ignored label as well. Not modified.

        Raises
        ------
        LabelVolumeError
            If the shapes differ, or a label is no class.
        VolumeError
            If the block is out of order, or its shape is not that of the labels.
        """
        if reference.shape != prediction.shape:
            msg = (
                f"reference and prediction must have one shape; got {reference.shape} and {prediction.shape} for the "
                f"block [{block}]. Cut both alike."
            )
            raise LabelVolumeError(msg)
        require_class_labels(reference, self._n_classes, self._ignored_label, f"the reference in the block [{block}]")
        require_class_labels(prediction, self._n_classes, None, f"the prediction in the block [{block}]")
        known = None if self._ignored_label is None else reference != self._ignored_label
        self.add_codes(block, class_codes(reference, self._n_classes, known), class_codes(prediction, self._n_classes))

    def add_codes(self, block: Box, reference_codes: NDArray[Any], predicted_codes: NDArray[Any]) -> None:
        """Join the next block, given as class indices plus one; 0 in the reference stands for a voxel that is never wrong."""
        for task in self.tasks(find_wrong_runs(block, self._region, reference_codes, predicted_codes)):
            task()

    def tasks(self, wrong: Sequence[WrongRuns]) -> list[Task]:
        """Do the same in tasks, all of which have to run before the next block; at one time if wanted."""
        return error_tasks((self._fp, self._fn, self._pooled, self._both), wrong, self._n_classes)

    def finish(self) -> ErrorBlobSummaries:
        """Return the error blobs of the whole region.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        (pooled,) = self._pooled.finish()
        both = tuple(blobs.finish()[0] for blobs in self._both) or (pooled,) * self._n_classes
        return ErrorBlobSummaries(fp=self._fp.finish(), fn=self._fn.finish(), both=both, pooled=pooled)
