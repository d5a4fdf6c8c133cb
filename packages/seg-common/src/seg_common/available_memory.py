"""Memory that a process may still take: what the machine has left, and what its job or container has left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = {"v2": ("memory.max", "memory.high"), "v1": ("memory.limit_in_bytes",)}
"""Files with a limit in bytes, by version of control groups; beyond ``memory.high`` a process is slowed down until it hardly moves."""
USED = {"v2": "memory.current", "v1": "memory.usage_in_bytes"}
RECLAIMABLE = {"v2": "inactive_file", "v1": "total_inactive_file"}
"""Key of ``memory.stat``: files in memory that nothing has read lately, which give way before anything is refused."""
MOUNTS = {"v2": ("", "unified"), "v1": ("memory",)}
"""Where the groups are, below the folder of control groups; both versions may be there at once."""


def available_memory_bytes() -> int:
    """Memory that can be taken without swapping: what the machine has left, or the job's share of it if that is less."""
    available = psutil.virtual_memory().available
    left = memory_left_for_job()
    return available if left is None else min(available, left)


def memory_left_for_job(
    membership: Path = Path("/proc/self/cgroup"), control_groups: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """Memory that the limits of Linux' control groups leave to a process: those of Slurm, systemd or a container.

    A limit holds for the group that the process is in and for all groups around it together, so the least of what
    any of them has left counts.

    Parameters
    ----------
    membership : path
        File that names the groups of the process, a line ``number:controllers:/path`` for each hierarchy.
    control_groups : path
        Folder where the groups are.

    Returns
    -------
    int or None
        Bytes, 0 at the least; None without any limit, and where there are no control groups.
    """
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    left = []
    for line in lines:
        controllers, _, path = line.partition(":")[2].partition(":")
        version = "v1" if "memory" in controllers.split(",") else "v2"
        if controllers and version == "v2":  # a hierarchy of version 1 for something else
            continue
        for mount in MOUNTS[version]:
            left += [_left(group, version) for group in _groups_around(control_groups / mount, path)]
    return min((amount for amount in left if amount is not None), default=None)


def _groups_around(mount: Path, path: str) -> Iterator[Path]:
    """Give the folder of a group and those of all groups around it, up to the mount.

    A container sees its own group as the mount, but may be told the path that the group has outside of it.
    """
    parts = Path(path.lstrip("/")).parts
    if ".." in parts or not (mount / Path(*parts)).is_dir():
        parts = ()
    for length in range(len(parts), -1, -1):
        yield mount / Path(*parts[:length])


def _left(group: Path, version: str) -> int | None:
    """Bytes that a group may still take; None without a limit."""
    limits = [limit for name in LIMITS[version] if (limit := _number(group / name)) is not None]
    used = _number(group / USED[version])
    if not limits or used is None:
        return None
    return max(min(limits) - max(used - _reclaimable(group, version), 0), 0)


def _number(file: Path) -> int | None:
    """Content of a file; None when it is missing, or is the word ``max``."""
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _reclaimable(group: Path, version: str) -> int:
    try:
        rows = [row.split() for row in (group / "memory.stat").read_text(encoding="utf-8").splitlines()]
        return sum(int(row[1]) for row in rows if row[0] == RECLAIMABLE[version])
    except (OSError, ValueError, IndexError):
        return 0
