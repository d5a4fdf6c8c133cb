"""Blend tiles by their plain mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from seg_common.geometry.tiling import blending_window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class MeanAggregation:
    """Every voxel of a tile's used part counts alike; the halo has taken away the worst of the border already."""

    kind: Literal["mean"] = "mean"
    default_overlap = 0.25

    def window(self, size: int) -> NDArray[np.float32]:
        """Weigh all voxels 1."""
        return blending_window(size, "mean")
