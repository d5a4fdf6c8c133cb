"""Write raw voxels and the YAML sidecar that says what they are."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from seg_common.atomic_files import atomic_path, refuse_existing
from seg_common.schema.raw_sidecar import RawSidecar
from seg_common.schema.volume import VoxelType
from seg_common.volume.writing.voxel_bytes import little_endian
from seg_common.yaml_documents import write_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.volume.writing.output_array import OutputArray, Store


@contextmanager
def store_array(output: OutputArray) -> Iterator[Store]:
    """Write the voxels, then the sidecar: without it nobody takes the file for whole."""
    output.require_dtype(get_args(VoxelType), "Choose .h5 or .npy, or convert the voxels.")
    output.require_uncompressed("Choose .h5 or .nrrd, or give up the compression.")
    sidecar_path = Path(f"{output.path}.yaml")
    sidecar = RawSidecar.model_validate(
        {
            "shape": output.shape,
            "dtype": output.dtype.name,
            "voxel_size": output.voxel_size,
            "voxel_size_unit": output.voxel_size_unit,
        }
    )
    refuse_existing(sidecar_path, overwrite=output.overwrite)
    with atomic_path(output.path, overwrite=output.overwrite) as temporary:
        with temporary.open("wb") as file:
            yield lambda _, voxels: file.write(little_endian(voxels))
        sidecar_path.unlink(missing_ok=True)  # an old one beside the new voxels would make them wrong
    write_document(sidecar_path, sidecar, overwrite=output.overwrite)
