"""Files appear whole or not at all: write to a temporary name, fsync, rename."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seg_common.errors import OutputExistsError, SegError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


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
        sync(temporary)
        refuse_existing(path, overwrite=overwrite)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path, *, overwrite: bool = False, marks: Collection[str]) -> Iterator[Path]:
    """Give a temporary folder beside the target, and move it onto the target when the block succeeds.

    Parameters
    ----------
    path : Path
        The target folder. Its parent is made when missing.
    overwrite : bool
        Whether an existing target may be replaced.
    marks : collection of str
        Names of files one of which an existing target must hold to be replaced: a folder of something else never is.

    Yields
    ------
    Path
        An empty folder with the target's suffix. When the block raises, or is interrupted, it is removed and the target
        is untouched.

    Raises
    ------
    OutputExistsError
        If the target exists and `overwrite` is false, or is not a folder with one of the marks; before the block and
        again before the rename.
    """
    path = Path(path)
    _refuse_existing_folder(path, overwrite=overwrite, marks=marks)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.partial{path.suffix}")
    replaced = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.replaced{path.suffix}")
    try:
        temporary.mkdir()
        yield temporary
        for entry in temporary.rglob("*"):
            sync(entry)
        _refuse_existing_folder(path, overwrite=overwrite, marks=marks)
        if path.exists():
            path.rename(replaced)  # a folder that is not empty cannot be renamed over
        temporary.rename(path)
        sync(path.parent)
    finally:
        if replaced.exists() and not path.exists():
            replaced.rename(path)
        for left in (temporary, replaced):
            shutil.rmtree(left, ignore_errors=True)


def left_by_kills(path: Path, kind: Literal["partial", "replaced"]) -> list[Path]:
    """Find what processes that were killed inside `atomic_folder` left beside the target; a running one has such folders, too.

    Parameters
    ----------
    path : Path
        The target folder, which need not exist.
    kind : {"partial", "replaced"}
        New folders that were not finished, or old ones that were about to be removed. If there is no target, the kill came
        between its two renames, and the old one is whole.
    """
    name = re.compile(rf"\.{re.escape(path.stem)}\.[0-9a-f]{{8}}\.{kind}{re.escape(path.suffix)}")
    try:
        return sorted(entry for entry in path.parent.iterdir() if name.fullmatch(entry.name))
    except OSError:
        return []


def _refuse_existing_folder(path: Path, *, overwrite: bool, marks: Collection[str]) -> None:
    if path.exists() and not (overwrite and any((path / mark).is_file() for mark in marks)):
        msg = (
            f"an existing output is never overwritten unasked, nor a folder by one of another kind; {path} exists. "
            "Choose another output or, if it is of the same kind, give --overwrite (overwrite=True)."
        )
        raise OutputExistsError(msg)


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


def sync(path: Path) -> None:
    """Push a file, or the entries of a folder, to the disk, so that a power cut cannot undo the rename's order."""
    try:
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:  # Windows cannot open a folder; its rename is durable enough
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
