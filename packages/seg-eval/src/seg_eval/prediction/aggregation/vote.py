"""Let every tile vote for one class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from seg_eval.prediction.aggregation.equal_weights import EqualWeights
from seg_eval.prediction.aggregation.kernels import add_votes, divide_by_weights

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
    from seg_eval.prediction.aggregation import AxisWeights, Floats


class VoteAggregation(EqualWeights):
    """Share of the tiles whose most probable class it is: the majority vote rule.

    References
    ----------
    .. [1] Kittler, Hatef, Duin and Matas, "On combining classifiers", IEEE TPAMI 20 (1998) 226-239, doi:10.1109/34.667881
    """

    kind: Literal["vote"] = "vote"
    default_overlap = 0.5

    def add(self, sums: Floats, to: Index3, probabilities: Floats, start: Index3, weights: AxisWeights) -> None:
        """Count a vote for the most probable class, the first of equals."""
        add_votes(sums, to, probabilities, start, (weights[0].size, weights[1].size, weights[2].size))

    def finish(self, sums: Floats, totals: AxisWeights) -> None:
        """Divide the votes by the number of tiles."""
        divide_by_weights(sums, *totals)
