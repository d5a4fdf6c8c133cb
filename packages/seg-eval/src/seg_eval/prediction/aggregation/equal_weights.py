"""What the strategies share that take the voxels of a tile alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class EqualWeights:
    """One weight for every voxel."""

    def weights(self, starts: Sequence[int], size: int) -> NDArray[np.float32]:
        """Weigh all voxels 1; their sum is the number of tiles."""
        return np.ones((len(starts), size), np.float32)
