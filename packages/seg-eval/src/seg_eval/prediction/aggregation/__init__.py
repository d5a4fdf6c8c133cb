"""How overlapping tiles become one answer per voxel: one strategy per file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from seg_common.errors import SegError
from seg_eval.prediction.aggregation.gaussian import GaussianAggregation
from seg_eval.prediction.aggregation.mean import MeanAggregation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_common.schema.prediction import AggregationKind


class Aggregation(Protocol):
    """Weights of a tile's probabilities where tiles overlap."""

    @property
    def kind(self) -> AggregationKind:
        """Name in options and records."""

    @property
    def default_overlap(self) -> float:
        """Share of a tile's used part that neighbours share at the least, unless told otherwise."""

    def window(self, size: int) -> NDArray[np.float32]:
        """Weights along one axis of the used part, positive; a voxel's weight is the product over its three axes."""


AGGREGATIONS: dict[str, Aggregation] = {
    strategy.kind: strategy for strategy in (MeanAggregation(), GaussianAggregation())
}
"""Every strategy by name."""


def aggregation_named(kind: str) -> Aggregation:
    """Strategy of a name.

    Raises
    ------
    SegError
        If there is none of that name.
    """
    if kind not in AGGREGATIONS:
        msg = f"the aggregation must be one of {', '.join(AGGREGATIONS)}; got {kind!r}. Choose one of these."
        raise SegError(msg)
    return AGGREGATIONS[kind]
