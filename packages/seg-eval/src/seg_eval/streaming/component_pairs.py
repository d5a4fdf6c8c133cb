"""The components of two label volumes at once, and the voxels that each pair of them shares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from seg_eval.streaming.pair_table import PairTable, SegmentPairs
from seg_eval.streaming.streaming_blobs import Connectivity, StreamingBlobs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.streaming.blob_table import BlobTable


@dataclass(frozen=True, eq=False)
class ComponentPairs:
    """Components of reference and prediction, and how they overlap."""

    reference: BlobTable
    """Components of the reference."""
    prediction: BlobTable
    """Components of the prediction."""
    pairs: SegmentPairs
    """Shared voxels; ids are rows of the two tables."""


class StreamingComponentPairs:
    """Find the components of two label volumes that come block by block, and count what each pair shares.

    Ids are provisional while blobs still join; the table of pairs follows whenever they are renamed. Memory grows with
    the components and with the pairs that touch, never with the voxels.

    Parameters
    ----------
    region : Box
        What the blocks partition.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.
    """

    def __init__(self, region: Box, connectivity: Connectivity) -> None:
        self._table = PairTable()
        self._reference, self._prediction = (
            StreamingBlobs(region, connectivity, renamed=partial(self._table.rename, side)) for side in (0, 1)
        )

    def add(self, block: Box, reference_codes: NDArray[Any], predicted_codes: NDArray[Any]) -> None:
        """Join the next block to those before, in raster order (z slowest).

        Parameters
        ----------
        block : Box
            Where the block lies.
        reference_codes, predicted_codes : ndarray of uint8 or uint16, shape (z, y, x)
            0 for nothing; equal codes join. Voxels with nothing on one side belong to no pair.

        Raises
        ------
        VolumeError, LabelVolumeError
            As `StreamingBlobs.add` does.
        """
        self._reference.add(block, reference_codes)
        self._prediction.add(block, predicted_codes)
        rows = block.shape[0] * block.shape[1]
        self._table.add_components(rows, self._reference.block_runs, self._prediction.block_runs)

    def finish(self) -> ComponentPairs:
        """Return the components of the whole region and their overlaps.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        tables = self._reference.finish(), self._prediction.finish()
        first, second, voxels = self._table.pairs()
        rows = self._reference.row_of_id[first], self._prediction.row_of_id[second]
        return ComponentPairs(*tables, SegmentPairs(*rows, voxels))
