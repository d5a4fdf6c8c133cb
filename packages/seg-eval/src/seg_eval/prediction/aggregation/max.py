"""Let the surest tile speak for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from seg_eval.prediction.aggregation.equal_weights import EqualWeights
from seg_eval.prediction.aggregation.kernels import divide_by_total, raise_to

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
    from seg_eval.prediction.aggregation import AxisWeights, Floats


class MaxAggregation(EqualWeights):
    """Highest probability of each class over the tiles, divided by the sum over the classes: the max rule.

    References
    ----------
    .. [1] Kittler, Hatef, Duin and Matas, "On combining classifiers", IEEE TPAMI 20 (1998) 226-239, doi:10.1109/34.667881
    """

    kind: Literal["max"] = "max"
    default_overlap = 0.25

    def add(self, sums: Floats, to: Index3, probabilities: Floats, start: Index3, weights: AxisWeights) -> None:
        """Keep the highest probability of each class."""
        raise_to(sums, to, probabilities, start, (weights[0].size, weights[1].size, weights[2].size))

    def finish(self, sums: Floats, totals: AxisWeights) -> None:  # noqa: ARG002 - one interface for all strategies
        """Make the classes of a voxel sum to 1 again."""
        divide_by_total(sums)
