"""Connected components of a volume that comes block by block: exact sizes, boxes and centres of every blob."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_eval.streaming import run_kernels, table_kernels
from seg_eval.streaming.block_faces import BlockFaces
from seg_eval.streaming.component_table import ComponentTable
from seg_eval.streaming.raster_order import RasterOrder, thin_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_eval.streaming.blob_table import BlobTable
    from seg_eval.streaming.component_table import Renamed, Retired

Connectivity = Literal[1, 2, 3]
"""Neighbours of a voxel: 1, 2, 3 stand for the 6 that share a side, the 18 that share an edge, the 26 that touch."""

LABELLED_AT_ONCE = 2**22
"""Voxels whose runs `label_blobs` has in memory at one time."""

_CODE_TYPES = (np.dtype(np.bool_), np.dtype(np.uint8), np.dtype(np.uint16))


class BlockRuns(NamedTuple):
    """Runs of equal codes along x in one block; row r is the line at z = r // rows per plane, y = r % rows per plane."""

    row_first: NDArray[np.int64]
    """First run of each row, at least rows + 1 entries."""
    start: NDArray[np.int32]
    """First column of each run."""
    stop: NDArray[np.int32]
    """Exclusive last column of each run."""
    component: NDArray[np.int64]
    """Component of each run within the block."""
    first_id: int
    """What turns a component into an id of the region."""


class StreamingBlobs:
    """Find the connected components of a region whose blocks are given one after another.

    Neighbouring voxels of equal, non-zero code belong to one blob. The result is the same for any cut into blocks.

    Parameters
    ----------
    region : Box
        What the blocks partition; blob boxes come out in its coordinates.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.
    renamed : callable, optional
        Follows the ids of `block_runs`; see `ComponentTable`.
    retired : callable, optional
        Takes blobs as soon as they cannot grow, instead of the table that `finish` gives; see `ComponentTable`.

    Raises
    ------
    VolumeError
        If the connectivity is none of 1, 2, 3.

    Notes
    -----
    Voxels are joined as runs along x with a union-find inside the block [1]_, then across the faces towards the blocks
    before. Time grows with the voxels read and the runs found; memory is that of one block's runs, two planes of the
    region and about 200 bytes per blob; with `retired`, per blob that is still under way.

    References
    ----------
    .. [1] He, Chao, Suzuki, "A run-based two-scan labeling algorithm", IEEE Trans. Image Process. 17 (2008) 749-756,
       doi:10.1109/TIP.2008.919369

    Examples
    --------
    A bar along z that two blocks share:

    >>> import numpy as np
    >>> from seg_common.geometry.box import Box
    >>> blobs = StreamingBlobs(Box.whole((4, 1, 1)), connectivity=1)
    >>> for z in (0, 2):
    ...     blobs.add(Box(start=(z, 0, 0), shape=(2, 1, 1)), np.ones((2, 1, 1), np.uint8))
    >>> blobs.finish().voxels.tolist()
    [4]
    """

    def __init__(
        self,
        region: Box,
        connectivity: Connectivity,
        *,
        renamed: Renamed | None = None,
        retired: Retired | None = None,
    ) -> None:
        if connectivity not in (1, 2, 3):
            msg = (
                f"connectivity must be 1, 2 or 3; got {connectivity!r}. Choose 1 for the 6 neighbours that share a side, "
                f"2 for 18, 3 for all 26."
            )
            raise VolumeError(msg)
        self._region = region
        self._connectivity = connectivity
        self._order = RasterOrder(region)
        self._faces = BlockFaces(region.shape)
        self._table = ComponentTable(renamed=renamed, retired=retired)
        self._retires = retired is not None
        self._runs = _Runs()
        self._first_id = 0

    def add(self, block: Box, codes: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.bool_]) -> None:
        """Join the next block to those before.

        Parameters
        ----------
        block : Box
            Where the block lies, in the coordinates of the region. Blocks come in raster order (z slowest).
        codes : ndarray of bool, uint8 or uint16, shape (z, y, x)
            0 for nothing; equal codes join. Not modified, and not kept.

        Raises
        ------
        VolumeError
            If the block is out of order, or its shape is not that of `codes`.
        LabelVolumeError
            If the dtype is another one.
        """
        if codes.dtype not in _CODE_TYPES:
            msg = f"codes must be bool, uint8 or uint16; got dtype {codes.dtype}. Convert them with astype(np.uint8)."
            raise LabelVolumeError(msg)
        if codes.shape != block.shape:
            msg = f"codes must have the shape of their block; got {codes.shape} for block shape {block.shape}. Cut both alike."
            raise VolumeError(msg)
        begins_slab, begins_row = self._order.advance(block)
        if begins_slab:
            self._faces.begin_slab()
        if begins_row:
            self._faces.begin_row(block.shape[0])
        contiguous = np.ascontiguousarray(codes)
        self._join(block, contiguous.view(np.uint8) if contiguous.dtype == np.bool_ else contiguous)

    def finish(self) -> BlobTable:
        """Return the blobs of the whole region, ordered by first voxel.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        self._order.require_complete()
        # Nothing comes any more: what is left on the faces has finished as well.
        self._table.close_up(() if self._retires else self._faces.all())
        return self._table.to_blob_table()

    @property
    def block_runs(self) -> BlockRuns:
        """The runs of the block added last; they change with the next one."""
        runs = self._runs
        return BlockRuns(runs.row_first, runs.start, runs.stop, runs.component, self._first_id)

    def _join(self, block: Box, codes: NDArray[Any]) -> None:
        planes, rows, columns = block.shape
        runs, faces, table = self._runs, self._faces, self._table
        runs.find(codes)
        arrays = (runs.row_first, runs.start, runs.stop)
        components = int(run_kernels.join_runs(planes, rows, self._connectivity, *arrays, runs.code, runs.component))
        first_id = self._first_id = table.reserve(components, faces.all())
        _, y_start, x_start = (a - b for a, b in zip(block.start, self._region.start, strict=True))
        table_kernels.append_components(
            planes,
            rows,
            *arrays,
            runs.code,
            runs.component,
            components,
            first_id,
            np.array(block.start, np.int64),
            np.array(self._region.start, np.int64),
            np.array(self._region.shape, np.int64),
            table.statistics,
            table.code,
            table.parent,
        )
        table.count += components
        run_kernels.join_faces(
            planes,
            rows,
            self._connectivity,
            *arrays,
            runs.code,
            runs.component,
            first_id,
            y_start,
            x_start,
            faces.z_before,
            faces.y_before,
            faces.x_before,
            table.code,
            table.parent,
        )
        x_face = faces.next_column(planes, rows)
        run_kernels.keep_faces(
            planes,
            rows,
            columns,
            *arrays,
            runs.component,
            first_id,
            y_start,
            x_start,
            faces.z_now,
            faces.y_now,
            x_face,
        )


def label_blobs(
    codes: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.bool_], connectivity: Connectivity
) -> BlobTable:
    """Find the connected components of a volume that fits in memory.

    Parameters
    ----------
    codes : ndarray of bool, uint8 or uint16, shape (z, y, x)
        0 for nothing; equal codes join. Not modified.
    connectivity : {1, 2, 3}
        6, 18 or 26 neighbours.

    Returns
    -------
    BlobTable
        One row per blob, ordered by first voxel.

    Raises
    ------
    VolumeError, LabelVolumeError
        As `StreamingBlobs` does.
    """
    region = Box.whole(codes.shape)
    blobs = StreamingBlobs(region, connectivity)
    for thin in thin_blocks(region, region, LABELLED_AT_ONCE):
        blobs.add(thin, codes[thin.slices()])
    return blobs.finish()


class _Runs:
    """The runs of one block; the arrays are used again for the next block."""

    def __init__(self) -> None:
        self.row_first: NDArray[np.int64] = np.empty(0, np.int64)
        self._allocate(0)

    def find(self, codes: NDArray[Any]) -> None:
        planes, rows, _ = codes.shape
        if self.row_first.size < planes * rows + 1:
            self.row_first = np.empty(planes * rows + 1, np.int64)
        count = int(run_kernels.count_runs(codes, self.row_first))
        if count > self.start.size:
            self._allocate(count + count // 4)
        run_kernels.fill_runs(codes, self.row_first, self.start, self.stop, self.code)

    def _allocate(self, runs: int) -> None:
        self.start: NDArray[np.int32] = np.empty(runs, np.int32)
        self.stop: NDArray[np.int32] = np.empty(runs, np.int32)
        self.code: NDArray[np.uint16] = np.empty(runs, np.uint16)
        self.component: NDArray[np.int64] = np.empty(runs, np.int64)
