"""The components of two label volumes at once, and the voxels that each pair of them shares."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seg_eval.streaming.component_table import FIRST_FINISHED
from seg_eval.streaming.pair_table import PairTable, SegmentPairs, merged_pairs
from seg_eval.streaming.streaming_blobs import Connectivity, StreamingBlobs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.streaming.blob_table import BlobTable
    from seg_eval.streaming.component_table import Retired


class Components(NamedTuple):
    """Connected components of a label volume, ordered by first voxel: what their overlaps need to know of them."""

    code: NDArray[np.uint16]
    """What each consists of, shape (n,), at least 1."""
    voxels: NDArray[np.int64]
    """Number of voxels, shape (n,), at least 1."""


class ComponentPairs(NamedTuple):
    """Components of reference and prediction, and how they overlap."""

    reference: Components
    """Components of the reference."""
    prediction: Components
    """Components of the prediction."""
    pairs: SegmentPairs
    """Shared voxels; ids are rows of the two tables."""


class StreamingComponentPairs:
    """Find the components of two label volumes that come block by block, and count what each pair shares.

    Ids are provisional while blobs still join; the table of pairs follows whenever they are renamed. Memory is a few
    dozen bytes for each component and for each pair that touches, and never grows with the voxels.

    Parameters
    ----------
    region : Box
        What the blocks partition.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.
    finished : pair of callables, optional
        Take the components of reference and prediction, with their boxes, as soon as they cannot grow.
    """

    def __init__(
        self, region: Box, connectivity: Connectivity, finished: tuple[Retired, Retired] | None = None
    ) -> None:
        self._table = PairTable()
        self._finished = tuple(_FinishedComponents(side) for side in finished or (None, None))
        self._reference, self._prediction = (
            StreamingBlobs(region, connectivity, renamed=partial(self._table.rename, side), retired=components.add)
            for side, components in enumerate(self._finished)
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
        self._reference.finish()
        self._prediction.finish()
        (reference, row_of_reference), (prediction, row_of_prediction) = (side.ordered() for side in self._finished)
        first, second, voxels = self._table.pairs()
        rows = SegmentPairs(
            row_of_reference[FIRST_FINISHED - first], row_of_prediction[FIRST_FINISHED - second], voxels
        )
        return ComponentPairs(reference, prediction, merged_pairs(rows))


class _FinishedComponents:
    """Collects components in the order of their ids."""

    def __init__(self, passed_on: Retired | None) -> None:
        self._passed_on = passed_on
        self._parts: list[tuple[NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64]]] = []

    def add(self, blobs: BlobTable) -> None:
        # Copies: the columns of a table are parts of its rows, which would all stay in memory.
        self._parts.append((blobs.code, blobs.voxels.copy(), blobs.first_voxel.copy()))
        if self._passed_on is not None:
            self._passed_on(blobs)

    def ordered(self) -> tuple[Components, NDArray[np.int64]]:
        """Order them by first voxel; give the row of each as well."""
        if not self._parts:
            return Components(np.empty(0, np.uint16), np.empty(0, np.int64)), np.empty(0, np.int64)
        code, voxels, first_voxel = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        self._parts.clear()
        order = np.argsort(first_voxel)
        rows = np.empty(order.size, np.int64)
        rows[order] = np.arange(order.size)
        return Components(code[order], voxels[order]), rows
