"""Where to look first: slices that hold the largest error blob, the most errors, the most doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.evaluation_measures import NotableSlice
from seg_eval.metrics.blob_statistics import AXES
from seg_eval.streaming.probability_counts import STEPS
from seg_eval.streaming.region_counts import PREDICTED, RIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_eval.metrics.blob_summary import BlobSummary
    from seg_eval.metrics.slice_error_blobs import SliceErrorTables
    from seg_eval.streaming.probability_counts import StreamingProbabilities
    from seg_eval.streaming.region_counts import RegionCounts


def notable_slices(
    counts: RegionCounts,
    pooled: BlobSummary | None = None,
    slice_errors: Sequence[SliceErrorTables] = (),
    probabilities: StreamingProbabilities | None = None,
) -> list[NotableSlice]:
    """Find the slices across z, y and x that are worth a look.

    Parameters
    ----------
    counts : RegionCounts
        Counts by slice.
    pooled : BlobSummary, optional
        Wrong voxels of all classes, joined; None without a reference.
    slice_errors : sequence of SliceErrorTables
        Error blobs within slices, for z, y, x; empty without a reference.
    probabilities : StreamingProbabilities, optional
        Entropy by slice.

    Returns
    -------
    list of NotableSlice
        Indices in the volume's coordinates. The first slice counts where several are equal; a reason without any error,
        or without probabilities, is left out, and so are axes along which the region is a single voxel wide, unless it
        is the first.
    """
    found = []
    for axis in range(3):
        start, length = counts.region.start[axis], counts.region.shape[axis]
        if length == 1 and axis > 0:
            continue
        if pooled is not None and len(pooled.largest):
            # Halfway between two voxels, the first one.
            centre = int(np.ceil(pooled.largest.centroid[0, axis] - 0.5))
            found.append(_slice("largest_error_blob", axis, centre, float(pooled.largest.voxels[0])))
        if slice_errors and slice_errors[axis].pooled.largest.any():
            sizes = slice_errors[axis].pooled.largest
            where = int(sizes.argmax())
            found.append(_slice("largest_blob_in_slice", axis, start + where, float(sizes[where])))
        if pooled is not None:
            voxels = counts.slices[axis][:, :, PREDICTED].sum(axis=1)
            wrong = voxels - counts.slices[axis][:, :, RIGHT].sum(axis=1)
            shares = np.divide(wrong, voxels, out=np.zeros(length), where=voxels > 0)
            if wrong.any():
                where = int(shares.argmax())
                found.append(_slice("worst_slice", axis, start + where, float(shares[where])))
        if probabilities is not None:
            entropy = probabilities.entropy[axis]
            where = int(entropy.argmax())
            mean = int(entropy[where]) / STEPS / (counts.region.voxels // length)
            found.append(_slice("most_uncertain_slice", axis, start + where, mean))
    return found


def _slice(reason: str, axis: int, index: int, value: float) -> NotableSlice:
    return NotableSlice.model_validate({"reason": reason, "axis": AXES[axis], "index": index, "value": value})
