"""Arrays on disk that appear when they are whole: datasets of an HDF5 file, or of a folder of Zarr, with the same attributes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import h5py
import numpy as np

from seg_common.atomic_files import atomic_folder, atomic_path
from seg_common.volume.formats import ZARR_MARKS
from seg_common.volume.hdf5 import CHUNK_SIDE
from seg_common.volume.writing.zarr_folder import CHUNK_SIDE as ZARR_CHUNK_SIDE
from seg_common.volume.writing.zarr_folder import ome_attributes
from seg_common.volume.zarr_library import require_zarr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike

    from seg_common.geometry.box import Index3

SaveFormat = Literal["hdf5", "zarr"]
SLAB_SHAPES: dict[str, Index3] = {
    "hdf5": (CHUNK_SIDE, 4 * CHUNK_SIDE, 8 * CHUNK_SIDE),
    "zarr": (ZARR_CHUNK_SIDE, ZARR_CHUNK_SIDE, 4 * ZARR_CHUNK_SIDE),
}
"""Voxels to write at one time: whole chunks, so that each is packed once."""


@dataclass(frozen=True)
class NewArray:
    """A dataset to be written."""

    dtype: DTypeLike
    """Type of its values."""
    components: tuple[int, ...] = ()
    """Values per voxel, along axes after (z, y, x)."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What is to be known about it: numbers, texts and lists of them."""

    def layout(self, shape: Index3, side: int) -> dict[str, Any]:
        """Give shape, type and chunks as both libraries call them."""
        chunks = (*(min(side, length) for length in shape), *self.components)
        return {"shape": (*shape, *self.components), "dtype": np.dtype(self.dtype), "chunks": chunks}


@contextmanager
def new_arrays(path: Path, shape: Index3, arrays: Mapping[str, NewArray]) -> Iterator[Sequence[Any]]:
    """Make datasets that appear together, when all of them are filled.

    Parameters
    ----------
    path : Path
        An HDF5 file (.h5) or a folder of Zarr (.zarr); it must not exist.
    shape : tuple of int
        Voxels along (z, y, x).
    arrays : mapping of str to NewArray
        Datasets by name.

    Yields
    ------
    sequence of h5py.Dataset or zarr.Array
        In the order of `arrays`, to be filled by slices of whole chunks; see `SLAB_SHAPES`.

    Raises
    ------
    MissingDependencyError
        If a Zarr is asked for and zarr is not installed.
    OutputExistsError
        If the output exists.
    """
    with (_zarr_arrays if path.suffix == ".zarr" else _hdf5_arrays)(path, shape, arrays) as made:
        yield made


@contextmanager
def _hdf5_arrays(path: Path, shape: Index3, arrays: Mapping[str, NewArray]) -> Iterator[list[Any]]:
    packing = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        made = []
        for name, array in arrays.items():
            dataset = file.create_dataset(name, **array.layout(shape, CHUNK_SIDE), **packing)
            dataset.attrs.update(array.attributes)
            made.append(dataset)
        yield made


@contextmanager
def _zarr_arrays(path: Path, shape: Index3, arrays: Mapping[str, NewArray]) -> Iterator[list[Any]]:
    """Write every chunk, those that hold zeros too: one that is missing later is then known to be lost."""
    zarr = require_zarr(path)
    with atomic_folder(path, marks=ZARR_MARKS) as temporary:
        group = zarr.create_group(temporary, zarr_format=3, attributes=_group_attributes(path, arrays))
        yield [
            group.create_array(
                name,
                **array.layout(shape, ZARR_CHUNK_SIDE),
                compressors=[zarr.codecs.ZstdCodec(level=3, checksum=True)],
                fill_value=0,
                attributes=dict(array.attributes),
                dimension_names=list(array.attributes["axes"]),
                config={"write_empty_chunks": True},
            )
            for name, array in arrays.items()
        ]


def _group_attributes(path: Path, arrays: Mapping[str, NewArray]) -> dict[str, Any]:
    """Make a single array of voxels an OME-Zarr image, as other viewers want it; it has no place for values of classes."""
    (name, array), *others = arrays.items()
    if others or array.components:
        return {}
    return ome_attributes(path.stem, name, array.attributes.get("voxel_size"), array.attributes.get("voxel_size_unit"))
