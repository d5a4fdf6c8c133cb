"""A folder whose files have fixed names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict

from seg_common.errors import ModelFolderError


class FolderPaths(BaseModel):
    """A folder whose files have fixed names; every path stays inside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path
    """The folder."""

    def inside(self, relative: str) -> Path:
        """Path of a file inside the folder.

        Raises
        ------
        ModelFolderError
            If `relative` is absolute or climbs out of the folder.
        """
        parts = PurePosixPath(relative).parts
        if not parts or ".." in parts or PurePosixPath(relative).is_absolute() or {"\\", "\0"} & set(relative):
            msg = f"a name inside {self.root} must be relative and stay inside; got {relative!r}. Leave '..' and '/' at its start away."
            raise ModelFolderError(msg)
        return self.root.joinpath(*parts)

    def relative(self, path: Path) -> str:
        """Name of a file of the folder, relative to it, with forward slashes."""
        return path.relative_to(self.root).as_posix()
