"""What the strategies share that blend by weights: add up, then divide by the summed weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_eval.prediction.aggregation.kernels import add_weighted, divide_by_weights

if TYPE_CHECKING:
    from seg_common.geometry.box import Index3
    from seg_eval.prediction.aggregation import AxisWeights, Floats


class WeightedAggregation:
    """Weighted mean of the probabilities; a voxel's weight is the product over its three axes."""

    def add(self, sums: Floats, to: Index3, probabilities: Floats, start: Index3, weights: AxisWeights) -> None:
        """Add weighted probabilities."""
        add_weighted(sums, to, probabilities, start, *weights)

    def finish(self, sums: Floats, totals: AxisWeights) -> None:
        """Divide by the summed weights."""
        divide_by_weights(sums, *totals)
