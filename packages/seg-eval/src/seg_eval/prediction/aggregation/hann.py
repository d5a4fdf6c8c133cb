"""Blend tiles with weights that are constant where two tiles overlap by half."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from seg_eval.prediction.aggregation.weighted import WeightedAggregation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class HannAggregation(WeightedAggregation):
    """Fade from tile to tile: with an overlap of a half, the weights of neighbours sum to one everywhere between them.

    References
    ----------
    .. [1] Pielawski and Wählby, "Introducing Hann windows for reducing edge-effects in patch-based image segmentation",
       PLOS ONE 15 (2020) e0229839, doi:10.1371/journal.pone.0229839
    """

    kind: Literal["hann"] = "hann"
    default_overlap = 0.5

    def weights(self, starts: Sequence[int], size: int) -> NDArray[np.float32]:
        """Weigh by sin² over the used part, taken in the middle of the voxels, so that no weight is zero."""
        window = np.sin(np.pi * (np.arange(size) + 0.5) / size) ** 2
        return np.tile(window.astype(np.float32), (len(starts), 1))
