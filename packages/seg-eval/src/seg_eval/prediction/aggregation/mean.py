"""Blend tiles by their plain mean."""

from __future__ import annotations

from typing import Literal

from seg_eval.prediction.aggregation.equal_weights import EqualWeights
from seg_eval.prediction.aggregation.weighted import WeightedAggregation


class MeanAggregation(EqualWeights, WeightedAggregation):
    """Every voxel of a tile's used part counts alike; the halo has taken away the worst of the border already."""

    kind: Literal["mean"] = "mean"
    default_overlap = 0.25
