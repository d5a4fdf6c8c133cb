"""The kinds of error blobs that are looked for in one block: independent of each other, so that threads can share them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from seg_eval.streaming.run_kernels import ANY, INVENTED, MISSED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seg_common.geometry.box import Box
    from seg_eval.streaming.streaming_blobs import RunFinder
    from seg_eval.streaming.wrong_runs import WrongRuns

    Task = Callable[[], None]


class BlobFinder(Protocol):
    """Joins blocks of runs to blobs."""

    def add_runs(self, block: Box, find: RunFinder, /) -> None:
        """Join the next block."""


def error_tasks(
    finders: tuple[BlobFinder, BlobFinder, BlobFinder, Sequence[BlobFinder]],
    wrong: Sequence[WrongRuns],
    n_classes: int,
    across: int = -1,
) -> list[Task]:
    """Divide the search of a block among tasks, which may run in any order or at one time.

    Parameters
    ----------
    finders : tuple
        Those of false positives, false negatives, all errors pooled, and for each class both kinds joined.
    wrong : sequence of WrongRuns
        The wrong voxels of the next block; codes are class indices plus one.
    n_classes : int
        Number of classes.
    across : int
        Axis whose slices are kept apart by their codes, those of odd slices being larger by the number of codes; -1 for none.

    Returns
    -------
    list of callable
        Each feeds one finder.
    """
    fp, fn, pooled, both = finders
    kinds = [
        (fp, INVENTED, n_classes),
        (fn, MISSED, n_classes),
        (pooled, ANY, 1),
        *((finder, code, 1) for code, finder in enumerate(both, start=1)),
    ]

    def feed(finder: BlobFinder, kind: int, n_codes: int) -> None:
        for runs in wrong:
            finder.add_runs(runs.block, runs.of_kind(kind, across, n_codes))

    return [partial(feed, *kind) for kind in kinds]
