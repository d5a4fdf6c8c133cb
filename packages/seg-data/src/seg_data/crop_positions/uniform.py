"""Positions that are all equally likely, each crop drawn for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3


@dataclass(frozen=True)
class UniformStarts:
    """Draw any start in the region with equal probability.

    Voxels near a face of the region lie in fewer positions than those in the middle, so they are seen less often.
    """

    region: Box
    crop_shape: Index3
    """At most the region's shape, per axis."""

    def starts(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Turn three random numbers in [0, 1) for each crop into its first voxel; (crop, 3), in the volume's coordinates."""
        room = [n - c + 1 for n, c in zip(self.region.shape, self.crop_shape, strict=True)]
        return np.array(self.region.start) + (numbers * room).astype(np.int64)

    def axis_probabilities(self) -> tuple[NDArray[np.float64], ...]:
        """Probability of each start (z, y, x) of the region; the axes are independent."""
        room = [n - c + 1 for n, c in zip(self.region.shape, self.crop_shape, strict=True)]
        return tuple(np.full(count, 1 / count) for count in room)
