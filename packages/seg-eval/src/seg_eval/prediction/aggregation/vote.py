"""Let every tile vote for one class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from seg_eval.prediction.aggregation.kernels import add_votes, divide_by_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_eval.prediction.aggregation import AxisWeights, Floats


class VoteAggregation:
    """Share of the tiles whose most probable class it is: the majority vote rule.

    References
    ----------
    .. [1] Kittler, Hatef, Duin and Matas, "On combining classifiers", IEEE TPAMI 20 (1998) 226-239, doi:10.1109/34.667881
    """

    kind: Literal["vote"] = "vote"
    default_overlap = 0.5

    def weights(self, starts: Sequence[int], size: int) -> NDArray[np.float32]:
        """Weigh all votes 1; their sum is the number of tiles."""
        return np.ones((len(starts), size), np.float32)

    def add(self, sums: Floats, to: Index3, probabilities: Floats, start: Index3, weights: AxisWeights) -> None:
        """Count a vote for the most probable class, the first of equals."""
        add_votes(sums, to, probabilities, start, (weights[0].size, weights[1].size, weights[2].size))

    def finish(self, sums: Floats, totals: AxisWeights) -> None:
        """Divide the votes by the number of tiles."""
        divide_by_weights(sums, *totals)
