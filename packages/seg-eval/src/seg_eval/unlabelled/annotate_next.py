"""Which slices to annotate next: those that the network is least sure of, far apart, and unlike each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.evaluation_without_reference import SliceToAnnotate
from seg_eval.metrics.blob_statistics import AXES
from seg_eval.streaming.region_counts import PREDICTED
from seg_eval.unlabelled.uncertainty import slice_entropy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.schema.volume import AnnotatedSlices
    from seg_eval.streaming.probability_counts import StreamingProbabilities
    from seg_eval.streaming.region_counts import RegionCounts

CHOSEN = 5
"""Slices to choose: an afternoon of annotation."""

DIVERSITY = 0.3
"""What a slice loses that has the same amounts of all classes as one chosen before; 1 is all the doubt there is."""

PREFERENCE = 1.1
"""Another axis is chosen only when its slices are so much less sure: most people annotate across z."""


def slices_to_annotate(
    counts: RegionCounts,
    probabilities: StreamingProbabilities,
    annotated: AnnotatedSlices | None = None,
    *,
    count: int = CHOSEN,
) -> list[SliceToAnnotate]:
    """Choose slices whose labels would help the next training.

    Parameters
    ----------
    counts : RegionCounts
        Predicted classes by slice.
    probabilities : StreamingProbabilities
        Entropy by slice, of the same region.
    annotated : AnnotatedSlices, optional
        Slices that have labels already; chosen is across their axis, and away from them.
    count : int
        How many to choose; fewer where the region has not so many.

    Returns
    -------
    list of SliceToAnnotate
        The first is the least sure one; all lie across one axis. Empty where the network is sure of everything.

    Notes
    -----
    Greedy, by maximal marginal relevance [1]_: each time the slice is taken that has the highest
    ``entropy / largest entropy - 0.3 x similarity``, where similarity is the largest to any slice chosen before: the weighted
    Jaccard of the predicted class amounts, each class divided by its mean, so that a rare phase counts as much as a common
    one. Slices nearer than length / (2 x count) to a chosen one are left out (non-maximum suppression). With labels on some
    slices alone the predicted amounts of the others are not counted, and only doubt and distance choose.

    References
    ----------
    .. [1] Carbonell and Goldstein, 1998, The use of MMR, diversity-based reranking for reordering documents and producing
       summaries, doi:10.1145/290941.291025.
    """
    region = counts.region
    if annotated is not None:
        axis = AXES.index(annotated.axis)
        taken = [place - region.start[axis] for place in annotated.indices]
        return _choose(counts, probabilities, axis, taken, None, count)
    best: list[SliceToAnnotate] = []
    for axis in range(3):
        if region.shape[axis] == 1 and axis > 0:
            continue
        amounts = counts.slices[axis][:, :, PREDICTED].astype(np.float64)
        found = _choose(counts, probabilities, axis, [], amounts, count)
        if not best or _doubt(found) > PREFERENCE * _doubt(best):
            best = found
    return best


def _doubt(chosen: list[SliceToAnnotate]) -> float:
    return sum(one.mean_entropy for one in chosen) / max(1, len(chosen))


def _choose(
    counts: RegionCounts,
    probabilities: StreamingProbabilities,
    axis: int,
    taken: list[int],
    amounts: NDArray[np.float64] | None,
    count: int,
) -> list[SliceToAnnotate]:
    entropy = slice_entropy(probabilities, axis)
    if not entropy.any():
        return []
    place = np.arange(entropy.size)
    gap = max(1, entropy.size // (2 * count))
    free = np.ones(entropy.size, np.bool_)
    for index in taken:
        free &= np.abs(place - index) >= gap
    similarity = np.zeros(entropy.size)
    chosen: list[SliceToAnnotate] = []
    while free.any() and len(chosen) < count:
        scores = np.where(free, entropy / entropy.max() - DIVERSITY * similarity, -np.inf)
        index = int(scores.argmax())
        chosen.append(
            SliceToAnnotate.model_validate(
                {
                    "axis": AXES[axis],
                    "index": counts.region.start[axis] + index,
                    "mean_entropy": entropy[index],
                    "similarity": similarity[index],
                    "score": scores[index],
                }
            )
        )
        free &= np.abs(place - index) >= gap
        if amounts is not None:
            similarity = np.maximum(similarity, _similarity(amounts, index))
    return chosen


def _similarity(amounts: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """Weighted Jaccard of the class amounts of each slice and one of them, each class in units of its mean."""
    means = amounts.mean(axis=0)
    scaled = amounts[:, means > 0] / means[means > 0]
    smaller, larger = np.minimum(scaled, scaled[index]).sum(axis=1), np.maximum(scaled, scaled[index]).sum(axis=1)
    similarity: NDArray[np.float64] = np.divide(smaller, larger, out=np.zeros(len(scaled)), where=larger > 0)
    return similarity
