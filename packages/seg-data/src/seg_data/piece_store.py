"""A copy of an array in pieces, one file each: what was copied once stays, whenever the process is killed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.atomic_files import atomic_path
from seg_common.volume.array_reader import ArrayReader
from seg_data.storage_blocks import storage_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3

PIECE_BYTES = 2**25


class PieceStore(ArrayReader):
    """Pieces of an array in a folder, each written under another name and renamed when it is whole.

    Pieces follow the order in which the source lies on disk, so that an array whose axes are stored in another order is
    still read once from its beginning to its end.

    Parameters
    ----------
    folder : Path
        Holds the pieces; made when missing. It belongs to this source alone.
    source : ArrayReader
        The array to copy; stays open and is not closed here.
    """

    dataset = None

    def __init__(self, folder: Path, source: ArrayReader) -> None:
        self._source = source
        self.path = folder
        self.shape, self.dtype = source.shape, source.dtype
        self._boxes = storage_blocks(source, source.dtype.itemsize, PIECE_BYTES)
        folder.mkdir(parents=True, exist_ok=True)
        for partial in folder.glob(".*.partial*"):
            partial.unlink()

    def fill(self, advance: Callable[[int], object] | None = None) -> None:
        """Copy the pieces that are missing.

        Parameters
        ----------
        advance : callable, optional
            Told the number of voxels after each piece, of those that were there already too.

        Raises
        ------
        VolumeError
            If the source cannot be read.
        """
        for number, box in enumerate(self._boxes):
            if not self._is_whole(number):
                with atomic_path(self._file(number), overwrite=True) as temporary:
                    np.save(temporary, np.ascontiguousarray(self._source.read(box)), allow_pickle=False)
            if advance is not None:
                advance(box.voxels)

    def _read(self, box: Box) -> NDArray[Any]:
        voxels = np.empty(box.shape, self.dtype)
        for number, piece in enumerate(self._boxes):
            shared = piece.intersection(box)
            if shared is not None:
                # Mapped for this read alone: what stays mapped counts as memory of the process.
                mapped = np.load(self._file(number), mmap_mode="r", allow_pickle=False)
                target = voxels[shared.shifted(_opposite(box.start)).slices()]
                target[...] = mapped[shared.shifted(_opposite(piece.start)).slices()]
        return voxels

    def _is_whole(self, number: int) -> bool:
        with suppress(OSError, ValueError):  # missing, or damaged by a failing disk
            piece = np.load(self._file(number), mmap_mode="r", allow_pickle=False)
            return bool(piece.shape == self._boxes[number].shape and piece.dtype == self.dtype)
        return False

    def _file(self, number: int) -> Path:
        return self.path / f"{number:06d}.npy"


def _opposite(start: Index3) -> Index3:
    z, y, x = start
    return -z, -y, -x
