"""How overlapping tiles become one answer per voxel: one strategy per file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from seg_common.errors import SegError
from seg_eval.prediction.aggregation.centre import CentreAggregation
from seg_eval.prediction.aggregation.gaussian import GaussianAggregation
from seg_eval.prediction.aggregation.hann import HannAggregation
from seg_eval.prediction.aggregation.max import MaxAggregation
from seg_eval.prediction.aggregation.mean import MeanAggregation
from seg_eval.prediction.aggregation.vote import VoteAggregation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_common.schema.prediction import AggregationKind

    Floats = NDArray[np.float32]
    AxisWeights = tuple[Floats, Floats, Floats]


class Aggregation(Protocol):
    """How the answers of overlapping tiles become one; `docs/prediction.md` has the definitions."""

    @property
    def kind(self) -> AggregationKind:
        """Name in options and records."""

    @property
    def default_overlap(self) -> float:
        """Share of a tile's used part that neighbours share at the least, unless told otherwise."""

    def weights(self, starts: Sequence[int], size: int) -> Floats:
        """Weights of all tiles along one axis.

        Parameters
        ----------
        starts : sequence of int
            First used voxels of the tiles, increasing from 0; the last tile ends with the region.
        size : int
            Voxels of a tile's used part.

        Returns
        -------
        ndarray of float32, shape (tile, size)
            Not negative; each voxel of the axis has a positive weight in one tile at least.
        """

    def add(self, sums: Floats, to: Index3, probabilities: Floats, start: Index3, weights: AxisWeights) -> None:
        """Take up what a tile says about a box of voxels.

        Parameters
        ----------
        sums : ndarray of float32, shape (z, y, x, class)
            A whole block, contiguous, zero before the first tile; changed.
        to : tuple of int
            First voxel (z, y, x) of the box in the block.
        probabilities : ndarray of float32, shape (z, y, x, class)
            Answers for a whole tile, contiguous.
        start : tuple of int
            First voxel of the box in the tile.
        weights : tuple of ndarray
            Weights of the box along z, y and x: as many as it has voxels.
        """

    def finish(self, sums: Floats, totals: AxisWeights) -> None:
        """Turn what was taken up into probabilities that sum to 1.

        Parameters
        ----------
        sums : ndarray of float32, shape (z, y, x, class)
            A whole block; changed.
        totals : tuple of ndarray
            Summed weights of all tiles along z, y and x: as many as the block has voxels.
        """


AGGREGATIONS: dict[str, Aggregation] = {
    strategy.kind: strategy
    for strategy in (
        MeanAggregation(),
        GaussianAggregation(),
        HannAggregation(),
        CentreAggregation(),
        MaxAggregation(),
        VoteAggregation(),
    )
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
