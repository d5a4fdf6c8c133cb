"""Positions that are all equally likely, each crop drawn for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from seg_common.geometry.box import Box, Index3


@dataclass(frozen=True)
class UniformStarts:
    """Draw any start in the region with equal probability.

    Voxels near a face of the region lie in fewer positions than those in the middle, so they are seen less often.
    """

    region: Box
    crop_shape: Index3
    """At most the region's shape, per axis."""

    def draw(self, rng: np.random.Generator) -> Index3:
        """Draw the first voxel (z, y, x) of a crop, in the volume's coordinates."""
        room = [n - c + 1 for n, c in zip(self.region.shape, self.crop_shape, strict=True)]
        z, y, x = (
            int(v)
            for v in rng.integers(self.region.start, [a + r for a, r in zip(self.region.start, room, strict=True)])
        )
        return z, y, x
