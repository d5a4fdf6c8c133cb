"""Which blobs of a phase the prediction finds, and which of its blobs are real, by size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.evaluation_measures import DetectionBin, PhaseDetection
from seg_eval.metrics.size_bins import size_bins, size_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_eval.streaming.component_pairs import ComponentPairs, Components


def phase_detection(components: ComponentPairs, class_index: int) -> PhaseDetection:
    """Count the blobs of one class that the other volume covers, by their size.

    Parameters
    ----------
    components : ComponentPairs
        Components of all classes; a code is the class index plus one.
    class_index : int
        The class.

    Returns
    -------
    PhaseDetection
        A blob of the reference is ``touched`` when one of its voxels is predicted as its class, and ``covered`` when at
        least half of them are. The same for blobs of the prediction; there only voxels with a known reference count,
        and blobs without any are left out.
    """
    pairs, code = components.pairs, class_index + 1
    same = (components.reference.code[pairs.reference] == code) & (components.prediction.code[pairs.prediction] == code)
    found, real = (
        _sum_by_row(side[same], pairs.voxels[same], len(table.code))
        for side, table in ((pairs.reference, components.reference), (pairs.prediction, components.prediction))
    )
    known = _sum_by_row(pairs.prediction, pairs.voxels, len(components.prediction.code))
    return PhaseDetection(
        reference=_bins(components.reference, code, found, components.reference.voxels),
        prediction=_bins(components.prediction, code, real, known),
    )


def _bins(table: Components, code: int, shared: NDArray[np.int64], counted: NDArray[np.int64]) -> list[DetectionBin]:
    chosen = (table.code == code) & (counted > 0)
    sizes, shared, counted = table.voxels[chosen], shared[chosen], counted[chosen]
    if sizes.size == 0:
        return []
    place, edges = size_bins(sizes), size_edges(int(sizes.max()))
    blobs, touched, covered = (
        np.bincount(place[which], minlength=len(edges) - 1).tolist()
        for which in (slice(None), shared > 0, 2 * shared >= counted)
    )
    return [
        DetectionBin(from_voxels=low, below_voxels=high, blobs=n, touched=t, covered=c)
        for low, high, n, t, c in zip(edges[:-1], edges[1:], blobs, touched, covered, strict=True)
    ]


def _sum_by_row(row: NDArray[np.int64], voxels: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    sums = np.zeros(rows, np.int64)
    np.add.at(sums, row, voxels)
    return sums
