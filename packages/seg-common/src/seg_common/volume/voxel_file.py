"""Voxels that lie one after the other in a file, as they are or packed as one stream."""

from __future__ import annotations

import bz2
import gzip
import os
import zlib
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, Literal

from seg_common.errors import VolumeError
from seg_common.volume.array_reader import ArrayReader
from seg_common.volume.stored_voxels import StoredVoxels
from seg_common.volume.temporary_voxels import temporary_voxels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3

Packing = Literal["raw", "gzip", "bzip2", "zlib"]
PIECE_BYTES = 2**20
HEADER_BYTES = 2**20


@dataclass(frozen=True)
class VoxelFile:
    """Where voxels lie, x fastest."""

    path: Path
    """The file, which may hold a header before them."""
    shape: Index3
    """Voxels along (z, y, x)."""
    dtype: np.dtype[Any]
    """Type of the voxels with their byte order."""
    offset: int = 0
    """Bytes before the first voxel, or before the packed stream."""
    packing: Packing = "raw"
    """How the stream is packed."""

    @property
    def bytes(self) -> int:
        """Size of the voxels, unpacked."""
        return prod(self.shape) * self.dtype.itemsize


class VoxelFileReader(ArrayReader):
    """A file read where it is wanted; a packed one is unpacked when it is first read, to a temporary file that nobody sees.

    A stream can be unpacked from its start only, so that a box alone cannot be had; memory stays small, and the temporary
    file lies where the environment variable TMPDIR says.
    """

    dataset = None

    def __init__(self, path: Path, voxels: VoxelFile) -> None:
        if min(voxels.shape) < 1:
            msg = f"a volume must hold a voxel; {path} has shape {voxels.shape}. Is the header right?"
            raise VolumeError(msg)
        self.path = path
        self.shape = voxels.shape
        self.dtype = voxels.dtype.newbyteorder("=")
        self.voxels = voxels
        self._lock = Lock()
        self._stored: StoredVoxels | None = None
        if voxels.packing == "raw":
            _require_size(path, voxels)
            self._stored = StoredVoxels.of(voxels.path, voxels.dtype, voxels.offset, voxels.shape)

    def _read(self, box: Box) -> NDArray[Any]:
        with self._lock:
            if self._stored is None:
                self._stored = _unpacked(self.path, self.voxels)
        return self._stored.read(box)

    def close(self) -> None:
        """Release the file; reading afterwards is an error."""
        super().close()
        if self._stored is not None:
            self._stored.close()


def _require_size(path: Path, voxels: VoxelFile) -> None:
    size = voxels.path.stat().st_size
    if size != voxels.offset + voxels.bytes:
        msg = (
            f"the file must have header + voxels * {voxels.dtype.itemsize} bytes = {voxels.offset + voxels.bytes}; "
            f"{voxels.path} has {size}. Check shape {voxels.shape} (z, y, x), dtype {voxels.dtype.name} and "
            f"header {voxels.offset} in {path}; is a file truncated?"
        )
        raise VolumeError(msg)


def _unpacked(path: Path, voxels: VoxelFile) -> StoredVoxels:
    """Unpack the voxels to a temporary file; it is gone when it is closed."""
    with temporary_voxels(voxels.bytes, f"unpacking {voxels.path}") as temporary:
        size = 0
        for piece in _pieces(voxels):
            size += len(piece)
            if size > voxels.bytes:
                break
            temporary.write(piece)
        if size != voxels.bytes:
            found = f"more than {voxels.bytes}" if size > voxels.bytes else str(size)
            msg = (
                f"the packed voxels must be {voxels.bytes} bytes; {voxels.path} holds {found}. Check shape "
                f"{voxels.shape} (z, y, x) and dtype {voxels.dtype.name} in {path}; is the file truncated or damaged?"
            )
            raise VolumeError(msg)
        return StoredVoxels(os.dup(temporary.file.fileno()), voxels.dtype, 0, voxels.shape)


def _pieces(voxels: VoxelFile) -> Iterator[bytes]:
    """Unpack a stream piece by piece; the checksum at its end is compared."""
    try:
        with voxels.path.open("rb") as file:
            file.seek(voxels.offset)
            if voxels.packing == "zlib":
                yield from _inflated(file)
                return
            stream: Any = gzip.GzipFile(fileobj=file) if voxels.packing == "gzip" else bz2.BZ2File(file)
            while piece := stream.read(PIECE_BYTES):
                yield piece
    except (OSError, EOFError, zlib.error) as error:
        msg = f"the {voxels.packing} stream must be whole; {voxels.path}: {error}. Is the file truncated or damaged?"
        raise VolumeError(msg) from None


def _inflated(file: IO[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=47)  # with the header of zlib or that of gzip
    data = b""
    while not unpacker.eof:
        data = unpacker.unconsumed_tail or file.read(PIECE_BYTES)
        if not data:
            msg = "the stream ends too early"
            raise EOFError(msg)
        yield unpacker.decompress(data, PIECE_BYTES)


def read_header(path: Path, last: bytes) -> tuple[list[str], int]:
    """Read the text at the start of a file.

    Parameters
    ----------
    path : Path
        The file.
    last : bytes
        Start of the line that ends the header; empty for an empty line.

    Returns
    -------
    list of str, int
        Lines without their ends, the last one among them, and the bytes that they take. The file may end before the
        last line comes.
    """
    lines: list[str] = []
    with path.open("rb") as file:
        while file.tell() < HEADER_BYTES and (line := file.readline(HEADER_BYTES)):
            with suppress(UnicodeDecodeError):
                lines.append(line.decode("utf-8").rstrip("\r\n"))
            if line.startswith(last) if last else not line.strip():
                break
        return lines, file.tell()


def require_field(path: Path, field: str, value: object, holds: bool, rule: str) -> None:
    """Raise VolumeError unless a field of a header holds what it must."""
    if not holds:
        msg = f"{field} must be {rule}; {path} has {value!r}. Correct the header."
        raise VolumeError(msg)
