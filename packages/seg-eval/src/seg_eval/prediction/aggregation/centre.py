"""Take each voxel from one tile only: the one in whose middle it lies best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from seg_eval.prediction.aggregation.weighted import WeightedAggregation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class CentreAggregation(WeightedAggregation):
    """Cut overlapping tiles half-way between their centres: no answer is ever mixed, and the overlap acts as a halo.

    References
    ----------
    .. [1] Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation", MICCAI 2015,
       doi:10.1007/978-3-319-24574-4_28: the overlap-tile strategy.
    """

    kind: Literal["centre"] = "centre"
    default_overlap = 0.25

    def weights(self, starts: Sequence[int], size: int) -> NDArray[np.float32]:
        """Weigh 1 the voxels whose nearest centre is this tile's, the first one of equals, and 0 the others."""
        # Twice the distance to the centre of each tile keeps to integers: no rounding decides a tie.
        length = starts[-1] + size
        distance = np.abs(2 * np.arange(length) - (2 * np.array(starts)[:, np.newaxis] + size - 1))
        owner = distance.argmin(axis=0)
        weights = np.zeros((len(starts), size), np.float32)
        for tile, start in enumerate(starts):
            weights[tile] = owner[start : start + size] == tile
        return weights
