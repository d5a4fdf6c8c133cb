"""Progress in percent of work that consists of several passes over volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def percent_of(total: int, advance_percent: Callable[[int], object] | None) -> Callable[[int], None]:
    """Turn voxels done into percent of all voxels of the work.

    Parameters
    ----------
    total : int
        Voxels of all passes.
    advance_percent : callable, optional
        Told the percent done since it was told last.

    Returns
    -------
    callable
        To be told the number of voxels after each block.

    Examples
    --------
    >>> told = []
    >>> advance = percent_of(300, told.append)
    >>> for _ in range(4):
    ...     advance(75)
    >>> told
    [25, 25, 25, 25]
    """
    done = 0

    def advance(voxels: int) -> None:
        nonlocal done
        before, done = done, done + voxels
        if advance_percent is not None:
            advance_percent(100 * done // total - 100 * before // total)

    return advance
