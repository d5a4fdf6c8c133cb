"""A file that one process at a time holds; the system lets go of it whenever that process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, BinaryIO

from seg_common.errors import SegError

if TYPE_CHECKING:
    from pathlib import Path


def lock_file(path: Path, rule: str, remedy: str) -> BinaryIO:
    """Open a file that one process only can hold, and write into it who does.

    Parameters
    ----------
    path : Path
        Made when missing; its folder must exist.
    rule, remedy : str
        What the error says before and after who holds the file.

    Returns
    -------
    file
        Held until it is closed. Windows has no such locks: there two processes at one time are the user's own doing.

    Raises
    ------
    SegError
        If another process holds it; names its number and its host.
    OSError
        If the file cannot be written, or the file system knows no locks.
    """
    file = path.open("a+b")
    try:
        if not (_hold(file) and _is_file_of(file, path)):
            msg = f"{rule}; {_holder(file)} holds {path}. {remedy}"
            raise SegError(msg)  # noqa: TRY301 - whatever went wrong, the file is closed
    except BaseException:
        file.close()
        raise
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n".encode())
    file.flush()
    return file


def remove_lock_file(path: Path, file: BinaryIO) -> None:
    """Remove a file that this process holds, and only then let go of it; one that took its place is left."""
    if os.name == "nt":  # an open file cannot be removed there, and nothing is locked
        file.close()
        path.unlink(missing_ok=True)
        return
    with file, contextlib.suppress(OSError):
        if _is_file_of(file, path):
            path.unlink()


def _hold(file: BinaryIO) -> bool:
    """Whether the file is this process's from now on."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the second is how some network file systems say it
        return False
    return True


def _is_file_of(file: BinaryIO, path: Path) -> bool:
    """Whether a path leads to an open file; one opened just before its holder removed it keeps nobody away."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _holder(file: BinaryIO) -> str:
    """Read what the holder wrote; it may not have come so far."""
    file.seek(0)
    return file.read(200).decode(errors="replace").strip() or "another process"
