"""Error blobs of every slice, across z, y and x, per class and pooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.schema.evaluation_measures import SliceErrorBlobs
from seg_eval.metrics.error_kinds import error_tasks
from seg_eval.metrics.slice_blobs import SliceBlobs, StreamingSliceBlobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.geometry.box import Box
    from seg_eval.metrics.error_kinds import Task
    from seg_eval.streaming.streaming_blobs import Connectivity
    from seg_eval.streaming.wrong_runs import WrongRuns


@dataclass(frozen=True, eq=False)
class SliceErrorTables:
    """Error blobs of the slices across one axis."""

    fp: list[SliceBlobs]
    """Wrongly predicted as each class."""
    fn: list[SliceBlobs]
    """Missed of each class."""
    both: list[SliceBlobs]
    """Wrongly predicted or missed of each class, joined where they touch."""
    pooled: SliceBlobs
    """Wrong in any class."""

    def of_class(self, class_index: int) -> SliceErrorBlobs:
        """Summarise the error blobs of one class over all slices."""
        return SliceErrorBlobs(
            fp=self.fp[class_index].statistics(),
            fn=self.fn[class_index].statistics(),
            both=self.both[class_index].statistics(),
        )


class StreamingSliceErrorBlobs:
    """Find the error blobs of every slice across one axis.

    Parameters
    ----------
    region : Box
        What the blocks partition.
    axis : {0, 1, 2}
        Axis across the slices.
    n_classes : int
        Class indices are 0 … n_classes - 1.
    connectivity : {1, 2, 3}
        1 for the 4 neighbours within a slice; 2 and 3 for all 8.
    """

    def __init__(self, region: Box, axis: int, n_classes: int, connectivity: Connectivity) -> None:
        def blobs(n_codes: int) -> StreamingSliceBlobs:
            return StreamingSliceBlobs(region, axis, n_codes, connectivity)

        self._axis, self._n_classes = axis, n_classes
        self._fp, self._fn, self._pooled = blobs(n_classes), blobs(n_classes), blobs(1)
        # With two classes every wrong voxel belongs to both of them, and the pooled blobs serve.
        self._both = [blobs(1) for _ in range(n_classes if n_classes > 2 else 0)]

    def tasks(self, wrong: Sequence[WrongRuns]) -> list[Task]:
        """Join the next block, in raster order, in tasks, all of which have to run before the next one; at one time if wanted."""
        return error_tasks((self._fp, self._fn, self._pooled, self._both), wrong, self._n_classes, self._axis)

    def finish(self) -> SliceErrorTables:
        """Return the blobs of all slices.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        pooled = self._pooled.finish()[0]
        both = [blobs.finish()[0] for blobs in self._both] or [pooled] * self._n_classes
        return SliceErrorTables(fp=self._fp.finish(), fn=self._fn.finish(), both=both, pooled=pooled)
