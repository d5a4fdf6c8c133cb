"""The crops of a store, found by the voxels that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np

from seg_common.errors import SegError, VolumeError
from seg_common.evaluation_paths import CropStorePaths
from seg_common.geometry.box import Box
from seg_common.schema.crop_store import CropStoreDocument
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document
from seg_eval.crop_store.stored_probabilities import unpack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3


def read_store(path: Path) -> CropStoreDocument:
    """Read what a store holds, and check that its files are what was written.

    Parameters
    ----------
    path : Path
        Folder of the store.

    Returns
    -------
    CropStoreDocument
        Its record.

    Raises
    ------
    SegError
        If it is no finished store, or a file is missing or changed.
    """
    paths = CropStorePaths(root=path)
    if not paths.record.is_file():
        msg = f"a store of crops must hold crop_store.yaml; {path} has none. Write one with seg-eval crops."
        raise SegError(msg)
    record = read_document(paths.record, CropStoreDocument)
    for one in record.files:
        file = paths.inside(one.file)
        if not file.is_file() or file_digest(file) != one.digest:
            what = "changed" if file.is_file() else "is missing"
            msg = f"a store must hold the files that its record names; {file} {what}. Write the store again."
            raise VolumeError(msg)
    return record


class StoredCrops:
    """Answers of single crops, read when they are wanted.

    Parameters
    ----------
    files : sequence of Path
        Files of the store, in the order of the crops.
    crop_shape : tuple of int
        Voxels (z, y, x) of every crop.
    n_classes : int
        Class indices are 0 … n_classes - 1.
    """

    def __init__(self, files: Sequence[Path], crop_shape: Index3, n_classes: int) -> None:
        self.crop_shape, self.n_classes = crop_shape, n_classes
        self._files = [h5py.File(file, "r") for file in files]
        parts = [file["starts"][()] for file in self._files]
        self.starts: NDArray[np.int64] = np.concatenate(parts).astype(np.int64)
        """First voxel (z, y, x) of each crop in the volume's coordinates, shape (crop, 3)."""
        self._first = np.cumsum([0, *(len(part) for part in parts)])
        self._place = {(z, y, x): crop for crop, (z, y, x) in enumerate(self.starts.tolist())}

    @classmethod
    def open(cls, path: Path, record: CropStoreDocument) -> StoredCrops:
        """Open the files of a store that `read_store` has read."""
        paths = CropStorePaths(root=path)
        return cls([paths.inside(one.file) for one in record.files], record.crop_shape, len(record.classes))

    def probabilities(self, start: Index3) -> NDArray[np.float32]:
        """Probabilities (z, y, x, class) of the crop at a place; of stored labels 1 and 0 where none are stored."""
        file, row = self._find(self._place[start])
        if "probabilities" in file:
            return unpack(file["probabilities"][row])
        answers: NDArray[np.float32] = np.eye(self.n_classes, dtype=np.float32)[file["labels"][row]]
        return answers

    def meeting(self, box: Box) -> NDArray[np.int64]:
        """Places of the crops that share a voxel with a box, growing."""
        stops = self.starts + np.array(self.crop_shape, np.int64)
        return np.flatnonzero(((self.starts < box.stop) & (stops > box.start)).all(axis=1))

    def votes(self, box: Box) -> NDArray[np.uint32]:
        """Count the answers of all crops.

        Parameters
        ----------
        box : Box
            Voxels, in the volume's coordinates.

        Returns
        -------
        ndarray of uint32, shape (class, z, y, x)
            Crops that answer a class; summed over the classes, the visits of a voxel.
        """
        votes = np.zeros((self.n_classes, *box.shape), np.uint32)
        for crop in self.meeting(box).tolist():
            z, y, x = self.starts[crop].tolist()
            whole = Box(start=(z, y, x), shape=self.crop_shape)
            shared = whole.intersection(box)
            assert shared is not None, "the crop meets the box"
            file, row = self._find(crop)
            labels = file["labels"][(row, *shared.shifted((-z, -y, -x)).slices())]
            there = shared.shifted((-box.start[0], -box.start[1], -box.start[2])).slices()
            for index in range(self.n_classes):
                votes[(index, *there)] += labels == index
        return votes

    def _find(self, crop: int) -> tuple[Any, int]:
        number = int(np.searchsorted(self._first, crop, side="right")) - 1
        return self._files[number], crop - int(self._first[number])

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def __enter__(self) -> Self:
        """Use the crops as a context manager that closes their files."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self.close()
