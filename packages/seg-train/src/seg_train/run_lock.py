"""One process at a time trains into a model folder: a scheduler may start a job again that is still there."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from seg_common.file_lock import lock_file, remove_lock_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seg_common.model_paths import ModelPaths


@contextmanager
def run_lock(paths: ModelPaths, tell: Callable[[str], None]) -> Iterator[None]:
    """Keep other processes from training into a model folder; reading it stays free for all.

    The lock is a hidden file beside the folder, which need not exist and may be replaced meanwhile. It is removed at the
    end; the system lets go of it when the process is killed.

    Parameters
    ----------
    paths : ModelPaths
        The folder.
    tell : callable
        Called with one line when no lock can be had, as on some network file systems; the run goes on without.

    Raises
    ------
    SegError
        If another process trains into the folder.
    """
    root = paths.root.resolve()
    path = root.with_name(f".{root.name}.lock")
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = lock_file(
            path,
            f"one process at a time may train into {paths.root}",
            "Wait for it or end it; if it is gone and its host does not come back, delete that file.",
        )
    except OSError as error:
        tell(f"warning: nothing keeps a second process from training into {paths.root} ({error}). Start only one.")
        yield
        return
    try:
        yield
    finally:
        remove_lock_file(path, file)
        with suppress(OSError):  # of a run that wrote nothing, nothing is left
            for folder in made:
                folder.rmdir()
