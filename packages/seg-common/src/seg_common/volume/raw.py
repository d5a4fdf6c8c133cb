"""Raw voxels with a sidecar that tells shape, dtype and byte order: PyHST's text or our YAML."""

from __future__ import annotations

import re
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.atomic_files import read_text
from seg_common.errors import VolumeError
from seg_common.schema.raw_sidecar import RawSidecar
from seg_common.volume.array_reader import ArrayReader
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

# PyHST's text names no dtype. Its own volumes are float32; 8 and 16 bits come from conversions to grey levels.
PYHST_TYPES = {1: "uint8", 2: "uint16", 4: "float32"}


class RawReader(ArrayReader):
    """A raw file, mapped into memory."""

    dataset = None

    def __init__(self, path: Path) -> None:
        layout = _find_layout(path)
        dtype = np.dtype(layout.dtype).newbyteorder("<" if layout.byte_order == "little" else ">")
        expected = layout.header_bytes + prod(layout.shape) * dtype.itemsize
        size = path.stat().st_size
        if size != expected:
            msg = (
                f"a raw file must have header + voxels * {dtype.itemsize} bytes = {expected}; {path} has {size}. "
                f"Check shape {layout.shape}, dtype {layout.dtype} and header_bytes {layout.header_bytes} in its sidecar."
            )
            raise VolumeError(msg)
        self._array = np.memmap(path, dtype, "r", layout.header_bytes, layout.shape)
        self.path = path
        self.shape = layout.shape
        self.dtype = dtype.newbyteorder("=")

    def _read(self, box: Box) -> NDArray[Any]:
        return np.asarray(self._array[box.slices()], dtype=self.dtype)


def _find_layout(path: Path) -> RawSidecar:
    yaml_sidecar = Path(f"{path}.yaml")
    info_sidecar = Path(f"{path}.info")
    if yaml_sidecar.is_file():
        return read_document(yaml_sidecar, RawSidecar)
    if info_sidecar.is_file():
        return _pyhst_layout(info_sidecar, path.stat().st_size)
    msg = (
        f"a raw file needs a sidecar with shape, dtype and byte order; {path} has neither {yaml_sidecar.name} "
        f"nor {info_sidecar.name}. Write {yaml_sidecar.name} with: kind: raw_sidecar, shape: [z, y, x], dtype: uint8."
    )
    raise VolumeError(msg)


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
    return RawSidecar.model_validate(
        {"shape": (z, y, x), "dtype": PYHST_TYPES[width], "byte_order": order, "kind": "raw_sidecar"}
    )
