"""Write NumPy's .npy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from seg_common.atomic_files import atomic_path
from seg_common.volume.writing.output_array import BOOLEANS_AND_NUMBERS
from seg_common.volume.writing.voxel_bytes import little_endian

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.volume.writing.output_array import OutputArray, Store


@contextmanager
def store_array(output: OutputArray) -> Iterator[Store]:
    """Write the header, then the slices as they come; the format has no place for a voxel size."""
    output.require_dtype(BOOLEANS_AND_NUMBERS, "Convert the voxels.")
    output.require_uncompressed("Choose .h5 or .nrrd, or give up the compression.")
    header = {
        "descr": np.lib.format.dtype_to_descr(output.dtype.newbyteorder("<")),
        "fortran_order": False,
        "shape": output.shape,
    }
    with atomic_path(output.path, overwrite=output.overwrite) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        yield lambda _, voxels: file.write(little_endian(voxels))
