"""The optional library behind Zarr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seg_common.errors import MissingDependencyError

if TYPE_CHECKING:
    from pathlib import Path


def require_zarr(path: Path | str) -> Any:
    """Import zarr, or raise MissingDependencyError with the command that installs it."""
    try:
        import zarr
    except ImportError:
        msg = f"{path} needs the package zarr: pip install 'seg-common[zarr]'."
        raise MissingDependencyError(msg) from None
    return zarr
