"""How sure a network is of its answer, from the probabilities counted while it was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.evaluation_without_reference import AxisUncertainty, Uncertainty
from seg_eval.metrics.blob_statistics import AXES
from seg_eval.streaming.probability_counts import SCORE_BINS, STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_eval.streaming.probability_counts import StreamingProbabilities

LOW_CONFIDENCE = 0.75
"""Of voxels with a highest probability below this, a calibrated network gets at least one in four wrong."""


def uncertainty(probabilities: StreamingProbabilities, class_names: Sequence[str]) -> Uncertainty:
    """Summarise the doubt of a region.

    Parameters
    ----------
    probabilities : StreamingProbabilities
        Counts of the whole region.
    class_names : sequence of str
        Classes in the order of their indices.

    Returns
    -------
    Uncertainty
        Entropies over all voxels of the region; shares of low confidence over the voxels measured, exact since the limit is
        the edge of a bin.
    """
    by_class = probabilities.confidence_counts.sum(axis=1)
    low = by_class[:, : round(LOW_CONFIDENCE * SCORE_BINS)].sum(axis=1)
    voxels = by_class.sum(axis=1)
    entropies = [slice_entropy(probabilities, axis) for axis in range(3)]
    return Uncertainty(
        mean_entropy=int(probabilities.entropy[0].sum()) / STEPS / probabilities.region.voxels,
        low_confidence_below=LOW_CONFIDENCE,
        low_confidence_share=int(low.sum()) / max(1, int(voxels.sum())),
        low_confidence_by_class={
            name: int(low[k]) / int(voxels[k]) if voxels[k] else None for k, name in enumerate(class_names)
        },
        axes=[
            AxisUncertainty.model_validate(
                {
                    "axis": AXES[axis],
                    "least": values.min(),
                    "median": np.median(values),
                    "most": values.max(),
                    "most_at": probabilities.region.start[axis] + int(values.argmax()),
                }
            )
            for axis, values in enumerate(entropies)
            if values.size > 1
        ],
    )


def slice_entropy(probabilities: StreamingProbabilities, axis: int) -> NDArray[np.float64]:
    """Mean normalised entropy of each slice across an axis, over all its voxels, shape (slice,)."""
    sums = probabilities.entropy[axis]
    entropy: NDArray[np.float64] = sums / STEPS / (probabilities.region.voxels // sums.size)
    return entropy
