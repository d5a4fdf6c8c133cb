"""The kinds of error blobs that are looked for in one block: independent of each other, so that threads can share them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from seg_eval.streaming.raster_order import thin_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box

    Task = Callable[[], None]


class BlobFinder(Protocol):
    """Joins blocks of codes to blobs."""

    def add(self, block: Box, codes: NDArray[Any], /) -> None:
        """Join the next block."""


def error_tasks(
    finders: tuple[BlobFinder, BlobFinder, BlobFinder, Sequence[BlobFinder]],
    region: Box,
    block: Box,
    missed: NDArray[Any],
    invented: NDArray[Any],
) -> list[Task]:
    """Divide the search of a block among tasks, which may run in any order or at one time.

    Parameters
    ----------
    finders : tuple
        Those of false positives, false negatives, all errors pooled, and for each class both kinds joined.
    region : Box
        What the blocks partition.
    block : Box
        The next block.
    missed, invented : ndarray of uint8 or uint16, shape (z, y, x)
        Reference and predicted class index plus one where the prediction is wrong, 0 elsewhere.

    Returns
    -------
    list of callable
        Each feeds one finder.
    """
    fp, fn, pooled, both = finders
    kinds: list[tuple[BlobFinder, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]]] = [
        (fp, lambda _, invented: invented),
        (fn, lambda missed, _: missed),
        (pooled, lambda missed, _: missed > 0),
        *((finder, partial(_either, code)) for code, finder in enumerate(both, start=1)),
    ]

    def feed(finder: BlobFinder, codes_of: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]) -> None:
        for thin in thin_blocks(block, region):
            part = thin.shifted((-block.start[0], -block.start[1], -block.start[2])).slices()
            finder.add(thin, codes_of(missed[part], invented[part]))

    return [partial(feed, *kind) for kind in kinds]


def _either(code: int, missed: NDArray[Any], invented: NDArray[Any]) -> NDArray[Any]:
    either: NDArray[np.bool_] = (missed == code) | (invented == code)
    return either
