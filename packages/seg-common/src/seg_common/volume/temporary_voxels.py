"""Temporary files of voxels that have no name and vanish when they are closed."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_common.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO


@dataclass(frozen=True)
class TemporaryVoxels:
    """A temporary file to be filled."""

    file: FileIO
    """The file, open for writing and reading."""
    size: int
    """Bytes that will be written, for the error when there is no room."""
    purpose: str
    """What they are for, in that error."""

    def write(self, data: bytes | memoryview) -> None:
        """Write all bytes at the place that the file is at.

        Raises
        ------
        VolumeError
            If there is no room.
        """
        rest = memoryview(data).cast("B")
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:
            msg = (
                f"{self.purpose} needs {self.size} bytes in {tempfile.gettempdir()}; {error.strerror}. "
                "Set TMPDIR to a folder with room."
            )
            raise VolumeError(msg) from None


@contextmanager
def temporary_voxels(size: int, purpose: str) -> Iterator[TemporaryVoxels]:
    """Make a temporary file in the folder that the environment variable TMPDIR names; what is mapped of it outlives it."""
    with tempfile.TemporaryFile(buffering=0) as file:  # a buffer would be flushed, and fail, when the file is closed
        yield TemporaryVoxels(file, size, purpose)
