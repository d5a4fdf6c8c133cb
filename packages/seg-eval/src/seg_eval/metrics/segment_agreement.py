"""VOI and adapted Rand under three conventions of what one segment is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from seg_common.schema.evaluation_measures import SegmentAgreement
from seg_eval.metrics.adapted_rand import adapted_rand
from seg_eval.metrics.variation_of_information import voi_of_pairs
from seg_eval.streaming.pair_table import SegmentPairs, merged_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_eval.streaming.component_pairs import ComponentPairs

NO_SEGMENT = -1
"""Stands for all voxels that the prediction gives to other classes."""


def segment_agreement(
    confusion: NDArray[np.int64], components: ComponentPairs, class_names: Sequence[str]
) -> list[SegmentAgreement]:
    """Compare two partitions of the known voxels, by every convention.

    Parameters
    ----------
    confusion : ndarray of int, shape (class, class)
        Voxels by (reference class, predicted class).
    components : ComponentPairs
        Components of all classes; a code is the class index plus one.
    class_names : sequence of str
        Classes in the order of their indices.

    Returns
    -------
    list of SegmentAgreement
        ``class_map``: all voxels of a class are one segment. ``components``: each component of each class is one
        segment. Then ``components_of_class`` for each class: only the voxels that the reference gives to it count (its
        background is ignored), each of its components is one segment, and so is each predicted component of the class;
        what the prediction gives to other classes is one more segment.
    """
    reference, prediction = np.nonzero(confusion)
    agreements = [
        _agreement("class_map", None, SegmentPairs(reference, prediction, confusion[reference, prediction])),
        _agreement("components", None, components.pairs),
    ]
    reference_code = components.reference.code[components.pairs.reference]
    predicted_code = components.prediction.code[components.pairs.prediction]
    for index, name in enumerate(class_names):
        chosen = reference_code == index + 1
        answer = np.where(predicted_code == index + 1, components.pairs.prediction, NO_SEGMENT)
        pairs = SegmentPairs(components.pairs.reference[chosen], answer[chosen], components.pairs.voxels[chosen])
        agreements.append(_agreement("components_of_class", name, merged_pairs(pairs)))
    return agreements


def _agreement(
    convention: Literal["class_map", "components", "components_of_class"], class_name: str | None, pairs: SegmentPairs
) -> SegmentAgreement:
    voi, rand = voi_of_pairs(pairs), adapted_rand(pairs)
    return SegmentAgreement(
        convention=convention,
        class_name=class_name,
        voxels=int(pairs.voxels.sum()),
        reference_segments=int(np.unique(pairs.reference).size),
        predicted_segments=int(np.unique(pairs.prediction).size),
        voi_split=None if voi is None else voi.split,
        voi_merge=None if voi is None else voi.merge,
        adapted_rand_error=rand.error,
        adapted_rand_precision=rand.precision,
        adapted_rand_recall=rand.recall,
    )
