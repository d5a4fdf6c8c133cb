"""Count a member that is a store of crops, without aggregating them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_eval.comparing.member_counts import MemberCounts
from seg_eval.crop_store.crop_counts import CropCounts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.crop_store.stored_crops import StoredCrops


class CropCounter:
    """Counts of a member whose crops answer a voxel several times, or never.

    Parameters
    ----------
    crops : StoredCrops
        Its answers.
    region : Box
        Shared region.
    """

    def __init__(self, crops: StoredCrops, region: Box) -> None:
        self._crops = crops
        self._counts = CropCounts(region, crops.n_classes)

    def read(self, block: Box) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Read the answers of a block by class, and where there are any."""
        votes = self._crops.votes(block)
        answered: NDArray[np.bool_] = votes.sum(axis=0) > 0
        return votes, answered

    def add(self, block: Box, reference_codes: NDArray[Any], answers: NDArray[Any]) -> None:
        """Count a block; voxels whose reference code is 0 do not count."""
        self._counts.add(block, reference_codes, answers)

    def finish(self) -> MemberCounts:
        """Return the counts of the whole region."""
        counts = self._counts
        return MemberCounts(lattice=counts.lattice, cells=counts.cells, answers=counts.answers, blobs=None)
