"""Files appear whole or not at all: write to a temporary name, fsync, rename."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.errors import OutputExistsError, SegError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def atomic_path(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary path in the target's folder, and move it onto the target when the block succeeds.

    Parameters
    ----------
    path : Path
        The target file. Its folder is made when missing.
    overwrite : bool
        Whether an existing target may be replaced.

    Yields
    ------
    Path
        A path with the target's suffix that does not exist yet; write the file there. When the block raises, or is
        interrupted, the temporary file is removed and the target is untouched.

    Raises
    ------
    OutputExistsError
        If the target exists and `overwrite` is false, or is a folder; before the block and again before the rename.
    """
    path = Path(path)
    refuse_existing(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.partial{path.suffix}")
    try:
        yield temporary
        _sync(temporary, os.O_RDWR)
        refuse_existing(path, overwrite=overwrite)
        temporary.replace(path)
        _sync(path.parent, os.O_RDONLY)
    finally:
        temporary.unlink(missing_ok=True)


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raise OutputExistsError when `path` exists and may not be overwritten, or is a folder."""
    if path.is_dir():
        msg = f"an output file never replaces a folder; {path} is one. Choose another name."
        raise OutputExistsError(msg)
    if path.exists() and not overwrite:
        msg = (
            f"an existing output is never overwritten unasked; {path} exists. "
            "Choose another output or give --overwrite (overwrite=True)."
        )
        raise OutputExistsError(msg)


def atomic_write_text(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write UTF-8 text atomically; see `atomic_path`."""
    atomic_write_bytes(path, text.encode(), overwrite=overwrite)


def atomic_write_bytes(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write bytes atomically; see `atomic_path`."""
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)


def read_text(path: Path) -> str:
    """Read UTF-8 text; every failure is a SegError that names the file.

    Raises
    ------
    SegError
        If the file is missing, cannot be read or is not UTF-8 text.
    """
    path = Path(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        msg = f"the file must exist; got {path}. Check the spelling and the current folder ({Path.cwd()})."
        raise SegError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"the file must be UTF-8 text; {path} has byte {error.object[error.start]:#04x} at {error.start}. Is it another file?"
        raise SegError(msg) from None
    except OSError as error:
        msg = f"the file must be readable; {path}: {error.strerror}. Check the path and the rights."
        raise SegError(msg) from None


def _sync(path: Path, flags: int) -> None:
    """Push a file or a folder entry to the disk, so that a power cut cannot undo the rename's order."""
    try:
        descriptor = os.open(path, flags)
    except PermissionError:  # Windows cannot open a folder; its rename is durable enough
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
