"""Write NRRD with the voxels in the same file, raw or gzipped."""

from __future__ import annotations

import gzip
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_path
from seg_common.volume.writing.output_array import INTEGERS
from seg_common.volume.writing.voxel_bytes import little_endian

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.volume.writing.output_array import OutputArray, Store

TYPES = (*INTEGERS, "float32", "float64")


@contextmanager
def store_array(output: OutputArray) -> Iterator[Store]:
    """Write the header and the slices; the gzip stream is packed while they come."""
    output.require_dtype(TYPES, "Convert float16 to float32 and booleans to uint8, or choose .h5.")
    with atomic_path(output.path, overwrite=output.overwrite) as temporary, temporary.open("wb") as file:
        file.write(_header(output).encode())
        if output.compressed:
            with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=1, mtime=0) as packed:
                yield lambda _, voxels: packed.write(little_endian(voxels))
        else:
            yield lambda _, voxels: file.write(little_endian(voxels))


def _header(output: OutputArray) -> str:
    """Fields of the header; NRRD names the fastest axis first."""
    kind = {"float32": "float", "float64": "double"}.get(output.dtype.name, output.dtype.name)
    fields = {
        "type": kind,
        "dimension": "3",
        "sizes": " ".join(str(n) for n in reversed(output.shape)),
        "encoding": "gzip" if output.compressed else "raw",
        "endian": "little",
    }
    if output.voxel_size is not None:
        z, y, x = output.voxel_size
        fields["space dimension"] = "3"
        fields["space directions"] = f"({x!r},0,0) (0,{y!r},0) (0,0,{z!r})"
        if output.voxel_size_unit is not None:
            unit = output.voxel_size_unit.replace('"', "")
            fields["space units"] = " ".join([f'"{unit}"'] * 3)
    lines = "".join(f"{name}: {text}\n" for name, text in fields.items())
    return f"NRRD0004\n# axes are x, y, z: x is fastest\n{lines}\n"
