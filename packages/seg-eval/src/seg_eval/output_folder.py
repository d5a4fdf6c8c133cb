"""A folder of results appears whole or not at all."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seg_common.atomic_files import atomic_write_text, sync
from seg_common.errors import OutputExistsError
from seg_common.evaluation_paths import EvaluationPaths
from seg_common.volume.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@contextmanager
def output_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary folder beside the target, and move it onto the target when the block succeeds.

    The manifest, with a checksum of each file, is written last.

    Parameters
    ----------
    path : Path
        The target folder. Its parent is made when missing; an empty folder may be there already.
    overwrite : bool
        Whether a folder that an earlier run wrote may be replaced.

    Yields
    ------
    Path
        An empty folder to fill. When the block raises, or is interrupted, it is removed and the target is untouched.

    Raises
    ------
    OutputExistsError
        If the target exists and may not be replaced, before the block and again before the move.
    """
    path = path.resolve()  # "." has no name
    require_free(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    partial, old = (path.with_name(f".{path.name}.{mark}.{word}") for word in ("partial", "old"))
    partial.mkdir()
    try:
        yield partial
        write_manifest(EvaluationPaths(root=partial))
        for entry in (*partial.rglob("*"), partial):
            sync(entry)
        require_free(path, overwrite=overwrite)
        if path.exists():
            path.rename(old)
        partial.rename(path)
        sync(path.parent)  # what it was made of is removed next
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if old.exists() and not path.exists():
            old.rename(path)  # the move failed half-way: what was there before comes back
        shutil.rmtree(old, ignore_errors=True)


def remove_unfinished(path: Path) -> None:
    """Remove what killed runs left of `output_folder`; only for whoever holds the lock of this target.

    A folder that was moved aside comes back when nothing took its place.
    """
    # The whole name is compared: that of another target, whose run is alive, may begin in the same way.
    own = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.(partial|old)")
    for entry in sorted(path.parent.iterdir()):
        if (found := own.fullmatch(entry.name)) is None:
            continue
        if found[1] == "old" and not path.exists():
            entry.rename(path)
        else:
            shutil.rmtree(entry, ignore_errors=True)


def require_free(path: Path, *, overwrite: bool) -> None:
    """Raise OutputExistsError unless a folder may be written here.

    Overwriting deletes only what a manifest lists: a folder that holds anything else is somebody's own.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not overwrite:
        msg = (
            f"an existing output is never overwritten unasked; {path} exists. "
            "Choose another --output or give --overwrite (overwrite=True)."
        )
        raise OutputExistsError(msg)
    manifest = EvaluationPaths(root=path).manifest
    if not manifest.is_file():
        msg = f"only a folder with a manifest.json of an earlier run is overwritten; {path} has none. Choose another --output."
        raise OutputExistsError(msg)
    listed = {*_listed_files(manifest), manifest.name}
    foreign = sorted(file for file in _files_below(path) if file not in listed)
    if foreign:
        msg = (
            f"only files that an earlier run wrote are overwritten; {path} also holds {', '.join(foreign[:3])}"
            f"{' and more' if len(foreign) > 3 else ''}. Move them, or choose another --output."
        )
        raise OutputExistsError(msg)


def write_manifest(paths: EvaluationPaths) -> None:
    """Write size and SHA-256 of every file of the folder into its manifest."""
    files = {
        name: {"bytes": (paths.root / name).stat().st_size, "digest": file_digest(paths.root / name)}
        for name in sorted(_files_below(paths.root))
    }
    atomic_write_text(paths.manifest, json.dumps({"files": files}, indent=2, ensure_ascii=False) + "\n")


def require_own(paths: EvaluationPaths, files: Iterable[Path]) -> None:
    """Raise OutputExistsError when one of the files exists and is not, byte for byte, what the manifest says an earlier run wrote."""
    listed = _manifest(paths.manifest)
    foreign = [
        paths.relative(file)
        for file in files
        if file.is_file() and listed.get(paths.relative(file), {}).get("digest") != file_digest(file)
    ]
    if foreign:
        msg = (
            f"only files that an earlier run wrote are replaced unasked; in {paths.root} {', '.join(foreign[:3])}"
            f"{' and more' if len(foreign) > 3 else ''} changed since, or came from elsewhere. Keep a copy and give "
            "--overwrite (overwrite=True)."
        )
        raise OutputExistsError(msg)


def renew_manifest(paths: EvaluationPaths, written: Iterable[Path]) -> None:
    """Write the manifest again after some of the files were; what it says of the others stays."""
    files = _manifest(paths.manifest)
    for file in written:
        files[paths.relative(file)] = {"bytes": file.stat().st_size, "digest": file_digest(file)}
    content = {"files": dict(sorted(files.items()))}
    atomic_write_text(paths.manifest, json.dumps(content, indent=2, ensure_ascii=False) + "\n", overwrite=True)


def _files_below(folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()]


def _listed_files(manifest: Path) -> list[str]:
    return list(_manifest(manifest))


def _manifest(manifest: Path) -> dict[str, dict[str, Any]]:
    """Size and digest by file; nothing when the manifest is missing or damaged."""
    try:
        return dict(json.loads(manifest.read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
