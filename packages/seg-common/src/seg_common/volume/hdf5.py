"""HDF5: lazy reading of one dataset, and writing that appears whole or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from seg_common.atomic_files import atomic_path
from seg_common.errors import VolumeError
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.dataset_choice import choose_dataset
from seg_common.volume.volume_axes import index_of_box, picked_axes, volume_axes
from seg_common.volume.voxel_sizes import stated_voxel_size, unit_name, voxel_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.voxel_sizes import VoxelSize

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
            self.dataset = choose_dataset(_dataset_shapes(self._file, dataset), path, dataset, preferred)
            self._array = self._file[self.dataset]
            _require_filters(self._array, f"{path}::{self.dataset}")
            self._axes = volume_axes(self._array.shape, f"dataset {self.dataset!r} of {path}")
            self.voxel_size, self.voxel_size_unit = _voxel_size(self._file, self.dataset)
        except BaseException:
            self._file.close()
            raise
        self.path = path
        self.shape = picked_axes(self._array.shape, self._axes)
        self.dtype = self._array.dtype.newbyteorder("=")
        if self._array.chunks is not None:
            self.chunk_shape = picked_axes(self._array.chunks, self._axes)

    def _read(self, box: Box) -> NDArray[Any]:
        voxels: NDArray[Any] = self._array[index_of_box(box, self._axes, self._array.ndim)]
        return voxels.astype(self.dtype, copy=False)

    def attribute(self, name: str) -> Any:
        """Give an attribute of the dataset, or None."""
        return self._array.attrs.get(name)

    def close(self) -> None:
        """Close the file; reading afterwards is an error."""
        super().close()
        self._file.close()


def _dataset_shapes(file: h5py.File, dataset: str | None) -> dict[str, tuple[int, ...]]:
    """Shapes of all datasets by name; soft and external links are not visited, but found when they are asked for."""
    shapes: dict[str, tuple[int, ...]] = {}

    def note_shape(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            shapes[name] = item.shape or ()  # an empty dataset has none

    file.visititems(note_shape)
    if dataset is not None and isinstance(linked := file.get(dataset), h5py.Dataset):
        note_shape(dataset.strip("/"), linked)
    return shapes


def _voxel_size(file: h5py.File, dataset: str) -> tuple[VoxelSize | None, str | None]:
    """Voxel size from the attributes that this package, ilastik and Fiji write, or from the geometry of DREAM.3D."""
    attributes = file[dataset].attrs
    size = voxel_size(attributes.get("voxel_size"))
    if size is not None:
        return size, unit_name(attributes.get("voxel_size_unit", attributes.get("unit")))
    size = voxel_size(attributes.get("element_size_um"))
    if size is not None:
        return size, "um"
    # DataContainers/NAME/CellData/ARRAY stands beside DataContainers/NAME/_SIMPL_GEOMETRY, whose spacing is x, y, z.
    geometry = file.get(f"{dataset.rpartition('/')[0].rpartition('/')[0]}/_SIMPL_GEOMETRY")
    if isinstance(geometry, h5py.Group) and "SPACING" in geometry:
        return stated_voxel_size(np.ravel(geometry["SPACING"])[::-1], None)
    return None, None


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
