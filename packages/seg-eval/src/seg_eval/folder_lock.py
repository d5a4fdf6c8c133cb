"""A folder of unfinished work belongs to one process at a time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from seg_common.errors import SegError
from seg_common.evaluation_paths import CropStorePaths
from seg_common.file_lock import lock_file

LOCK = "lock"
"""Name of the file that is locked."""
JOB = "job.json"
"""What an unfinished prediction is going to be."""
PLANS = {JOB: "a prediction of seg-eval volume", CropStorePaths(root=Path()).plan.name: "crops of seg-eval crops"}
"""Files that say what unfinished work is, and of which command."""


def lock_folder(folder: Path) -> BinaryIO:
    """Open a file of a folder that one process only can hold; the system lets go of it whenever that process ends.

    Parameters
    ----------
    folder : Path
        Made when missing.

    Returns
    -------
    file
        Held until it is closed.

    Raises
    ------
    SegError
        If another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return lock_file(
        folder / LOCK, "one process at a time may predict into a folder", "Wait for it, or choose another --output."
    )


def require_own_work(folder: Path, own: str) -> None:
    """Refuse to replace what an interrupted run of another command left: the folder of one output is the same for all.

    Parameters
    ----------
    folder : Path
        A locked folder.
    own : str
        The file that says what a run of this command was to do, one of `PLANS`.

    Raises
    ------
    SegError
        If there is the file of another one.
    """
    for name, work in PLANS.items():
        if name != own and (folder / name).exists():
            msg = (
                f"unfinished work is continued by the command that began it; {folder} holds {work}. "
                "Finish that first, choose another --output, or throw it away with --restart."
            )
            raise SegError(msg)


def remove_locked(folder: Path, lock: BinaryIO) -> None:
    """Remove a folder, and only then let go of it: nobody can go on with work that is being removed."""
    if os.name == "nt":  # an open file cannot be removed there, and nothing is locked
        lock.close()
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()
