"""Raw voxels with a sidecar that tells shape, dtype and byte order: our YAML, PyHST's text or a MetaImage header."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from seg_common.atomic_files import read_text
from seg_common.errors import VolumeError
from seg_common.schema.raw_sidecar import RawSidecar
from seg_common.volume.metaimage import MetaImageReader
from seg_common.volume.voxel_file import VoxelFile, VoxelFileReader
from seg_common.volume.voxel_sizes import unit_name, voxel_size
from seg_common.yaml_documents import read_document

# PyHST's text names no dtype. Its own volumes are float32; 8 and 16 bits come from conversions to grey levels.
PYHST_TYPES = {1: "uint8", 2: "uint16", 4: "float32"}


def open_raw(path: Path) -> VoxelFileReader:
    """Open a raw file, mapped into memory, by the sidecar beside it."""
    yaml_sidecar, info_sidecar = Path(f"{path}.yaml"), Path(f"{path}.info")
    if yaml_sidecar.is_file():
        return RawReader(path, read_document(yaml_sidecar, RawSidecar))
    if info_sidecar.is_file():
        return RawReader(path, _pyhst_layout(info_sidecar, path.stat().st_size))
    for header in (path.with_suffix(".mhd"), Path(f"{path}.mhd")):
        if header.is_file():
            return _open_by_metaimage(path, header)
    msg = (
        f"a raw file needs a sidecar with shape, dtype and byte order; {path} has neither {yaml_sidecar.name}, "
        f"{info_sidecar.name} nor {path.stem}.mhd. Write {yaml_sidecar.name} with: kind: raw_sidecar, shape: [z, y, x], "
        "dtype: uint8."
    )
    raise VolumeError(msg)


class RawReader(VoxelFileReader):
    """A raw file whose layout a YAML or PyHST sidecar tells."""

    def __init__(self, path: Path, layout: RawSidecar) -> None:
        dtype = np.dtype(layout.dtype).newbyteorder("<" if layout.byte_order == "little" else ">")
        super().__init__(path, VoxelFile(path, layout.shape, dtype, layout.header_bytes))
        self.voxel_size = layout.voxel_size
        self.voxel_size_unit = None if layout.voxel_size is None else unit_name(layout.voxel_size_unit)


def _open_by_metaimage(path: Path, header: Path) -> VoxelFileReader:
    reader = MetaImageReader(header)
    if reader.voxels.path.resolve() != path.resolve():
        reader.close()
        msg = f"the header beside a raw file must name it; {header} names {reader.voxels.path}, not {path}. Correct it."
        raise VolumeError(msg)
    return reader


def _pyhst_layout(path: Path, size: int) -> RawSidecar:
    """Read PyHST's text, for example ``NUM_X = 1300``; lines that start with ``!`` are comments."""
    pairs = dict(re.findall(r"^\s*(\w+)\s*=\s*(\S+)", read_text(path), flags=re.MULTILINE))
    try:
        z, y, x = (int(pairs[key]) for key in ("NUM_Z", "NUM_Y", "NUM_X"))
    except (KeyError, ValueError) as error:
        msg = f"{path} must have whole numbers NUM_X, NUM_Y and NUM_Z; problem with {error}."
        raise VolumeError(msg) from None
    if min(z, y, x) < 1:
        msg = f"{path} must have positive NUM_X, NUM_Y and NUM_Z; got {x}, {y}, {z}."
        raise VolumeError(msg)
    width, rest = divmod(size, z * y * x)
    if rest or width not in PYHST_TYPES:
        msg = (
            f"the raw file beside {path} must have 1, 2 or 4 bytes for each of its {(z, y, x)} voxels (z, y, x); "
            f"it has {size} bytes. Check NUM_X, NUM_Y and NUM_Z."
        )
        raise VolumeError(msg)
    order = "big" if pairs.get("BYTEORDER", "LOWBYTEFIRST") == "HIGHBYTEFIRST" else "little"
    edge = voxel_size([pairs.get("voxelSize")] * 3)
    return RawSidecar.model_validate(
        {
            "shape": (z, y, x),
            "dtype": PYHST_TYPES[width],
            "byte_order": order,
            "voxel_size": edge,
            "voxel_size_unit": None if edge is None else "um",  # PyHST measures in micrometres
        }
    )
