"""HDF5: lazy reading of one dataset, and writing that appears whole or not at all."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import h5py

from seg_common.atomic_files import atomic_path
from seg_common.errors import VolumeError
from seg_common.volume.array_reader import ArrayReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from seg_common.geometry.box import Box, Index3

CHUNK_SIDE = 64


class Hdf5Reader(ArrayReader):
    """One dataset of an HDF5 file."""

    def __init__(self, path: Path, dataset: str | None, preferred: Sequence[str]) -> None:
        try:
            self._file = h5py.File(path, "r")
        except OSError as error:
            msg = f"the file must be readable HDF5; {path}: {error}. Is it truncated or of another format?"
            raise VolumeError(msg) from None
        try:
            self.dataset = _choose_dataset(self._file, path, dataset, preferred)
            self._array = self._file[self.dataset]
            _require_filters(self._array, f"{path}::{self.dataset}")
        except BaseException:
            self._file.close()
            raise
        self.path = path
        self.shape = self._array.shape
        self.dtype = self._array.dtype.newbyteorder("=")

    def _read(self, box: Box) -> NDArray[Any]:
        voxels: NDArray[Any] = self._array[box.slices()]
        return voxels.astype(self.dtype, copy=False)

    def close(self) -> None:
        """Close the file; reading afterwards is an error."""
        super().close()
        self._file.close()


def _choose_dataset(file: h5py.File, path: Path, dataset: str | None, preferred: Sequence[str]) -> str:
    """Name of the dataset to read: the one asked for, the only one, or the one with a preferred name."""
    shapes: dict[str, tuple[int, ...]] = {}

    def note_shape(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            shapes[name] = item.shape or ()  # an empty dataset has none

    file.visititems(note_shape)
    if dataset is not None and isinstance(linked := file.get(dataset), h5py.Dataset):
        note_shape(dataset.strip("/"), linked)  # soft and external links are not visited
    volumes = [name for name, shape in shapes.items() if len(shape) == 3]
    listing = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
    if dataset is not None:
        name = dataset.strip("/")
        if name in volumes:
            return name
        if name in shapes:
            msg = f"a volume has three axes (z, y, x); dataset {name!r} of {path} has shape {shapes[name]}."
            raise VolumeError(msg)
        close = difflib.get_close_matches(name, shapes, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        msg = f"the dataset must exist in the file; {path} has no {name!r}, it holds: {listing}{hint}"
        raise VolumeError(msg)
    if len(volumes) == 1:
        return volumes[0]
    for name in preferred:
        if name in volumes:
            return name
    msg = (
        f"the dataset must be named when several or none have three axes; {path} holds: {listing}. Write {path}::NAME."
    )
    raise VolumeError(msg)


def _require_filters(array: h5py.Dataset, name: str) -> None:
    """Refuse a compression that the HDF5 library does not know, before any voxel is wanted."""
    packing = array.id.get_create_plist()
    for index in range(packing.get_nfilters()):
        number, _, _, title = packing.get_filter(index)
        if not h5py.h5z.filter_avail(number):
            msg = (
                f"the dataset's compression must be known to HDF5; {name} needs filter {number} "
                f"({title.decode(errors='replace')}). Import hdf5plugin first, or repack the file: h5repack -f NONE."
            )
            raise VolumeError(msg)


@contextmanager
def hdf5_writer(
    path: Path,
    dataset: str,
    shape: Index3,
    dtype: DTypeLike,
    *,
    overwrite: bool = False,
    compressed: bool = False,
    attributes: Mapping[str, object] | None = None,
    chunk_shape: Index3 | None = None,
) -> Iterator[h5py.Dataset]:
    """Write one dataset into a new HDF5 file that appears when the block succeeds.

    Parameters
    ----------
    path : Path
        The file; see `seg_common.atomic_files.atomic_path`.
    dataset : str
        Name of the dataset.
    shape : tuple of int
        Voxels along (z, y, x).
    dtype : dtype
        Type of the voxels.
    overwrite : bool
        Whether an existing file may be replaced.
    compressed : bool
        Whether chunks are compressed (gzip, fastest level): labels shrink many times, noisy grey levels hardly.
    attributes : mapping, optional
        Attributes of the dataset.
    chunk_shape : tuple of int, optional
        Shape (z, y, x) of a chunk; at most 64 voxels along each axis when not given.

    Yields
    ------
    h5py.Dataset
        To be filled box by box.
    """
    chunks = chunk_shape or tuple(min(CHUNK_SIDE, n) for n in shape)
    packing = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if compressed else {}
    with atomic_path(path, overwrite=overwrite) as temporary, h5py.File(temporary, "w") as file:
        array = file.create_dataset(dataset, shape, dtype, chunks=chunks, **packing)
        array.attrs.update({"axes": "zyx", **(attributes or {})})
        yield array
