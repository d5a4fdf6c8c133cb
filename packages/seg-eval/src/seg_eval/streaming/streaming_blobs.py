"""Connected components of a volume that comes block by block: exact sizes, boxes and centres of every blob."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_eval.streaming import run_kernels, table_kernels
from seg_eval.streaming.block_faces import BlockFaces
from seg_eval.streaming.component_table import ComponentTable
from seg_eval.streaming.raster_order import RasterOrder, thin_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3
    from seg_eval.streaming.blob_table import BlobTable
    from seg_eval.streaming.component_table import Renamed, Retired

    RunFinder = Callable[[int, NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]], int]

Connectivity = Literal[1, 2, 3]
"""Neighbours of a voxel: 1, 2, 3 stand for the 6 that share a side, the 18 that share an edge, the 26 that touch."""

_CODE_TYPES = (np.dtype(np.bool_), np.dtype(np.uint8), np.dtype(np.uint16))


class BlockRuns(NamedTuple):
    """Runs of equal codes along x in one block; row r is the line at z = r // rows per plane, y = r % rows per plane."""

    row_first: NDArray[np.int64]
    """First run of each row, at least rows + 1 entries."""
    start: NDArray[np.int32]
    """First column of each run."""
    stop: NDArray[np.int32]
    """Exclusive last column of each run."""
    blob: NDArray[np.uint32]
    """Number of each run's blob: its id plus one."""


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
    Voxels are joined as runs along x with a union-find [1]_: with the rows before in the block and, where blocks span y and
    x, in the last plane of the block before, else across the faces towards the blocks before. Time grows with the voxels
    read and the runs found; memory is that of one block's runs, two planes of the region where blocks do not span it, and
    about 70 bytes per blob; with `retired`, per blob that is still under way.

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
        self._runs = _Runs()
        self._spanned = False

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
        contiguous = np.ascontiguousarray(codes)
        voxels: NDArray[Any] = contiguous.view(np.uint8) if contiguous.dtype == np.bool_ else contiguous
        self.add_runs(block, partial(run_kernels.find_runs, voxels))

    def add_runs(self, block: Box, find: RunFinder) -> None:
        """Join the next block to those before, given by what finds its runs.

        Parameters
        ----------
        block : Box
            Where the block lies, in the coordinates of the region. Blocks come in raster order (z slowest).
        find : callable
            Appends the runs of the block's rows, as `run_kernels.find_runs` does for an array of codes.

        Raises
        ------
        VolumeError
            If the block is out of order.
        """
        begins_slab, begins_row = self._order.advance(block)
        spans = block.shape[1:] == self._region.shape[1:]
        faces = self._faces
        if begins_slab:
            if self._spanned and not spans:
                self._write_last_plane()
            faces.begin_slab(written=not spans)
        if begins_row and not spans:
            faces.begin_row(block.shape[0])
        # Runs of blocks that span y and x find those of the plane before beside them, and need no faces.
        self._runs.find(block.shape, find, carried=self._spanned and spans)
        self._label(block)
        if not spans or faces.z_before.size:
            self._join_faces(block)
        if not spans:
            self._keep_faces(block)
        self._spanned = spans

    def finish(self) -> BlobTable:
        """Return the blobs of the whole region, ordered by first voxel.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        self._order.require_complete()
        # Nothing comes any more: what is left on the faces has finished as well.
        self._table.close_up(())
        return self._table.to_blob_table()

    @property
    def block_runs(self) -> BlockRuns:
        """The runs of the block added last; they change with the next one."""
        runs = self._runs
        return BlockRuns(runs.row_first[runs.carried :], runs.start, runs.stop, runs.blob)

    def _label(self, block: Box) -> None:
        runs, table = self._runs, self._table
        planes, rows, _ = block.shape
        z, y, x = block.start
        origin = np.array((z - runs.carried // rows, y, x), np.int64)
        row, end = runs.carried, runs.carried + planes * rows
        while True:
            row, table.count = table_kernels.label_runs(
                row,
                end,
                rows,
                self._connectivity,
                runs.row_first,
                runs.start,
                runs.stop,
                runs.code,
                runs.blob,
                origin,
                np.array(self._region.start, np.int64),
                np.array(self._region.shape, np.int64),
                table.count,
                table.wide,
                table.narrow,
                table.code,
                table.parent,
            )
            if row == end:
                return
            labelled = int(runs.row_first[row])
            room = max(int(runs.row_first[row + 1]) - labelled, (int(runs.row_first[end]) - labelled) // 4)
            table.reserve(room, (*self._faces.all(), runs.blob[:labelled]))

    def _join_faces(self, block: Box) -> None:
        runs, faces, table = self._runs, self._faces, self._table
        _, y_start, x_start = (a - b for a, b in zip(block.start, self._region.start, strict=True))
        table_kernels.join_faces(
            *block.shape[:2],
            self._connectivity,
            runs.row_first,
            runs.start,
            runs.stop,
            runs.code,
            runs.blob,
            y_start,
            x_start,
            faces.z_before,
            faces.y_before,
            faces.x_before,
            table.code,
            table.parent,
        )

    def _keep_faces(self, block: Box) -> None:
        faces, runs = self._faces, self._runs
        planes, rows, columns = block.shape
        _, y_start, x_start = (a - b for a, b in zip(block.start, self._region.start, strict=True))
        x_face = faces.next_column(planes, rows)
        arrays = (runs.row_first, runs.start, runs.stop, runs.blob)
        table_kernels.keep_faces(planes, rows, columns, *arrays, y_start, x_start, faces.z_now, faces.y_now, x_face)

    def _write_last_plane(self) -> None:
        """Write the last plane of a block that spanned the region on a face, for a block that does not."""
        self._runs.keep_last_plane()
        self._faces.begin_slab(written=True)
        self._faces.begin_row(1)
        plane = (1, *self._region.shape[1:])
        self._keep_faces(Box(start=self._region.start, shape=plane))


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
    for thin in thin_blocks(region, region):
        blobs.add(thin, codes[thin.slices()])
    return blobs.finish()


class _Runs:
    """The runs of one block, after those of the plane before when it is carried; the arrays are used again."""

    def __init__(self) -> None:
        self.row_first: NDArray[np.int64] = np.zeros(1, np.int64)
        self.carried = 0
        """Rows of the plane before."""
        self.start: NDArray[np.int32] = np.empty(1024, np.int32)
        self.stop: NDArray[np.int32] = np.empty(1024, np.int32)
        self.code: NDArray[np.uint16] = np.empty(1024, np.uint16)
        self.blob: NDArray[np.uint32] = np.empty(1024, np.uint32)
        self._shape: Index3 = (0, 0, 0)

    def find(self, shape: Index3, find: RunFinder, *, carried: bool) -> None:
        """Find the runs of a block of some shape."""
        if carried:
            self.keep_last_plane()
        planes, rows, columns = self._shape = shape
        self.carried = rows if carried else 0
        end = self.carried + planes * rows
        if self.row_first.size <= end:
            self.row_first = np.append(self.row_first[: self.carried + 1], np.zeros(planes * rows, np.int64))
        if not carried:
            self.row_first[0] = 0
        rows_of_block = self.row_first[self.carried : end + 1]
        row = 0
        while row < planes * rows:
            row = find(row, rows_of_block, self.start, self.stop, self.code)
            if row < planes * rows:
                room = max(2 * self.start.size, int(rows_of_block[row]) + columns + 1)
                for array in self._arrays:
                    array.resize(room, refcheck=False)

    def keep_last_plane(self) -> None:
        """Move the runs of the last plane to the front."""
        planes, rows, _ = self._shape
        end = self.carried + planes * rows
        first, last = self.row_first[end - rows], self.row_first[end]
        for array in self._arrays:
            array[: last - first] = array[first:last]
        self.row_first[: rows + 1] = self.row_first[end - rows : end + 1] - first

    @property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.start, self.stop, self.code, self.blob
