"""Write HDF5 with the voxel size among the attributes of its one dataset."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seg_common.volume.hdf5 import CHUNK_SIDE, hdf5_writer
from seg_common.volume.open_array import IMAGE_DATASETS
from seg_common.volume.voxel_sizes import voxel_size_attributes
from seg_common.volume.writing.output_array import BOOLEANS_AND_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.writing.output_array import OutputArray, Store

DATASET = IMAGE_DATASETS[0]


@contextmanager
def store_array(output: OutputArray) -> Iterator[Store]:
    """Write one dataset with chunks that a slab fills completely, so that each is packed once."""
    output.require_dtype(BOOLEANS_AND_NUMBERS, "Convert the voxels.")
    with hdf5_writer(
        output.path,
        DATASET,
        output.shape,
        output.dtype,
        overwrite=output.overwrite,
        compressed=output.compressed,
        attributes=voxel_size_attributes(output.voxel_size, output.voxel_size_unit),
        chunk_shape=output.chunks(CHUNK_SIDE),
    ) as dataset:

        def store(box: Box, voxels: NDArray[Any]) -> None:
            dataset[box.slices()] = voxels

        yield store
