"""Blend tiles with weights that fall from the middle of a tile to its border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from seg_common.geometry.tiling import blending_window
from seg_eval.prediction.aggregation.weighted import WeightedAggregation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class GaussianAggregation(WeightedAggregation):
    """Trust the middle of a tile, where the network has seen the most context on every side.

    References
    ----------
    .. [1] Isensee et al., "nnU-Net: a self-configuring method for deep learning-based biomedical image segmentation",
       Nature Methods 18 (2021) 203-211, doi:10.1038/s41592-020-01008-z
    """

    kind: Literal["gaussian"] = "gaussian"
    default_overlap = 0.25

    def weights(self, starts: Sequence[int], size: int) -> NDArray[np.float32]:
        """Weigh by a Gaussian over the used part; about 3e-4 at its border along one axis."""
        return np.tile(blending_window(size, "gaussian"), (len(starts), 1))
