"""Write MetaImage with the voxels in the same file, raw or deflated."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_path
from seg_common.volume.metaimage import ELEMENT_TYPES
from seg_common.volume.writing.voxel_bytes import little_endian

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.volume.writing.output_array import OutputArray, Store

SIZE_DIGITS = 20


@contextmanager
def store_array(output: OutputArray) -> Iterator[Store]:
    """Write the header and the slices; the size of the packed voxels is known, and put into the header, at the end."""
    names = {name: element for element, name in ELEMENT_TYPES.items()}
    output.require_dtype(tuple(names), "Convert float16 to float32 and booleans to uint8, or choose .h5.")
    with atomic_path(output.path, overwrite=output.overwrite) as temporary, temporary.open("wb") as file:
        before, after = _header(output, names[output.dtype.name])
        if not output.compressed:
            file.write(f"{before}{after}".encode())
            yield lambda _, voxels: file.write(little_endian(voxels))
            return
        file.write(f"{before}CompressedDataSize = {0:0{SIZE_DIGITS}}\n{after}".encode())
        start = file.tell()
        packer = zlib.compressobj(1)
        yield lambda _, voxels: file.write(packer.compress(little_endian(voxels)))
        file.write(packer.flush())
        size = file.tell() - start
        file.seek(len(before))
        file.write(f"CompressedDataSize = {size:0{SIZE_DIGITS}}".encode())


def _header(output: OutputArray, element: str) -> tuple[str, str]:
    """Lines before and after that of the packed size; MetaImage names the fastest axis first."""
    spacing = (
        [] if output.voxel_size is None else [f"ElementSpacing = {' '.join(map(repr, reversed(output.voxel_size)))}"]
    )
    before = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        f"CompressedData = {output.compressed}",
    ]
    after = [
        *spacing,
        f"DimSize = {' '.join(map(str, reversed(output.shape)))}",
        f"ElementType = {element}",
        "ElementDataFile = LOCAL",
    ]
    return "".join(f"{line}\n" for line in before), "".join(f"{line}\n" for line in after)
