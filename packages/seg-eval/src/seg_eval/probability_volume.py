"""Stored probabilities, read box by box: four axes (z, y, x, class), in HDF5, Zarr or npy."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import h5py
import numpy as np

from seg_common.errors import VolumeError
from seg_common.volume.zarr_array import DAMAGE, FILL_VALUE, MISSING_CHUNKS
from seg_common.volume.zarr_library import require_zarr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3


class ProbabilitySource(Protocol):
    """Anything that gives probabilities of a box."""

    def read(self, box: Box) -> NDArray[Any]:
        """Read probabilities (z, y, x, class) in [0, 1] of a box in the volume's coordinates."""


@dataclass(frozen=True)
class ProbabilityVolume:
    """An array of probabilities that holds a part of a volume."""

    array: Any
    """A dataset or a memory-mapped array, axes (z, y, x, class)."""
    start: Index3 = (0, 0, 0)
    """Where its first voxel lies in the volume."""
    source: Path | str = "the array"
    """Its file, for messages."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along (z, y, x), and classes."""
        return tuple(self.array.shape)

    def read(self, box: Box) -> NDArray[Any]:
        """Read a box given in the volume's coordinates; integers are divided by the largest value of their type.

        Raises
        ------
        VolumeError
            If the file is damaged.
        """
        z, y, x = self.start
        try:
            stored = np.asarray(self.array[box.shifted((-z, -y, -x)).slices()])
        except DAMAGE as error:
            raise _unreadable(self.source, error) from error
        if stored.dtype.kind == "u":
            return stored.astype(np.float32) / np.float32(np.iinfo(stored.dtype).max)
        return stored


@contextmanager
def open_probabilities(
    source: Path | str, shape: Index3, n_classes: int, start: Index3 = (0, 0, 0)
) -> Iterator[ProbabilityVolume]:
    """Open stored probabilities.

    Parameters
    ----------
    source : path
        ``file.h5::dataset``, ``folder.zarr::dataset``, or an ``.npy`` file; unsigned integers or floating point.
    shape : tuple of int
        Voxels that there must be.
    n_classes : int
        Classes that there must be.
    start : tuple of int
        Where the first voxel lies in the volume.

    Yields
    ------
    ProbabilityVolume
        Closed at the end.

    Raises
    ------
    VolumeError
        If the file is missing, unreadable, or holds something else.
    MissingDependencyError
        If it is Zarr, and zarr is not installed.
    """
    # What goes wrong while the array is open is not about the array: errors are translated where they come from alone.
    with ExitStack() as opened:
        yield _checked(_opened(source, opened), source, shape, n_classes, start)


def _opened(source: Path | str, opened: ExitStack) -> Any:
    name, _, dataset = str(source).partition("::")
    path = Path(name)
    if path.is_dir():
        return _zarr_array(source, path, dataset)
    try:
        if path.suffix == ".npy":
            return np.load(path, mmap_mode="r")
        file = opened.enter_context(h5py.File(path, "r"))
    except (OSError, ValueError) as error:
        raise _unreadable(source, error) from error
    array = file.get(dataset or "/")
    if not isinstance(array, h5py.Dataset):
        raise _nameless(source, file)
    return array


def _zarr_array(source: Path | str, path: Path, dataset: str) -> Any:
    """Open an array of Zarr; a chunk that is missing would read as zeros."""
    zarr = require_zarr(path)
    try:
        found = zarr.open(path, mode="r")
        array = found.get(dataset) if dataset and isinstance(found, zarr.Group) else found
        if not isinstance(array, zarr.Array):
            raise _nameless(source, sorted(child.name for child in path.iterdir() if child.is_dir()))
        missing = array.nchunks - array.nchunks_initialized
    except DAMAGE as error:
        raise _unreadable(source, error) from error
    if missing and array.attrs.get(MISSING_CHUNKS) != FILL_VALUE:
        msg = (
            f"every chunk must be stored; {source} lacks {missing} of {array.nchunks}. Is the copy complete? If empty chunks "
            f"were left out on purpose, add the attribute {MISSING_CHUNKS}: {FILL_VALUE} to the array."
        )
        raise VolumeError(msg)
    return array


def _nameless(source: Path | str, names: Iterable[str]) -> VolumeError:
    msg = (
        f"probabilities must be named as file.h5::dataset, folder.zarr::dataset or file.npy; {source} names no dataset. "
        f"It holds: {', '.join(names)}."
    )
    return VolumeError(msg)


def _unreadable(source: Path | str, error: Exception) -> VolumeError:
    msg = (
        f"probabilities must be readable HDF5, Zarr or npy; {source}: {error}. Check the path, or write the file again."
    )
    return VolumeError(msg)


def _checked(array: Any, source: Path | str, shape: Index3, n_classes: int, start: Index3) -> ProbabilityVolume:
    if tuple(array.shape) != (*shape, n_classes) or array.dtype.kind not in "uf":
        msg = (
            f"probabilities must have the shape (z, y, x, class) = {(*shape, n_classes)} and an unsigned or floating type; "
            f"{source} has {tuple(array.shape)} of {array.dtype}. Put the class axis last."
        )
        raise VolumeError(msg)
    return ProbabilityVolume(array, start, source)
