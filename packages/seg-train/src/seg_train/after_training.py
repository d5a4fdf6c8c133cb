"""What another package does with a finished run: found by its entry point, never imported by name."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from seg_common.errors import MissingDependencyError, SegError

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_common.model_paths import ModelPaths

GROUP = "seg_train.after_training"
"""Entry points of this group are callables: ``f(model: Path, *, quiet: bool, tell: Callable[[str], None])``."""


def require_after_training(name: str | None) -> None:
    """Refuse before training what could not be done after it.

    Raises
    ------
    MissingDependencyError
        If no installed package offers it.
    """
    if name is not None and not entry_points(group=GROUP, name=name):
        msg = (
            f"after_training: {name} needs a package that offers it, and none is installed. "
            "Run: pip install 'seg-eval[tensorflow]', or set after_training: null."
        )
        raise MissingDependencyError(msg)


def do_after_training(name: str | None, paths: ModelPaths, tell: Callable[[str], None], *, quiet: bool) -> None:
    """Hand a finished run over; the run stays finished whatever happens.

    Parameters
    ----------
    name : str or None
        Name of an entry point; nothing is done when None.
    paths : ModelPaths
        Model folder.
    tell : callable
        Called with one line for each thing that was done, or did not work.
    quiet : bool
        Whether to show no progress bars.
    """
    if name is None:
        return
    try:
        require_after_training(name)
        (entry,) = entry_points(group=GROUP, name=name)
        entry.load()(paths.root, quiet=quiet, tell=tell)
    except (SegError, OSError) as problem:
        tell(f"warning: after_training: {name} did not work: {problem}")
