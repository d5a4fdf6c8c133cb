"""The wrong voxels of a block as runs along x, from which every kind of error blob is searched."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seg_eval.streaming import run_kernels
from seg_eval.streaming.raster_order import thin_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_eval.streaming.streaming_blobs import RunFinder


RUNS_AT_ONCE = 2**18
"""Runs of wrong voxels that are searched at one time: some MiB for each kind of error."""


class WrongRuns(NamedTuple):
    """Runs of equal pairs of reference and predicted code, where the two differ, in a thin block."""

    block: Box
    """Where the block lies."""
    row_first: NDArray[np.int64]
    """First run of each row of voxels, and the end of the last one."""
    start: NDArray[np.int32]
    """First column of each run."""
    stop: NDArray[np.int32]
    """Exclusive last column of each run."""
    missed: NDArray[np.uint16]
    """Reference code of each run."""
    invented: NDArray[np.uint16]
    """Predicted code of each run."""

    def of_kind(self, kind: int, across: int = -1, n_codes: int = 1) -> RunFinder:
        """Find the runs of one kind of error; see `run_kernels.kind_runs`."""
        origin = np.array(self.block.start, np.int64)
        return partial(run_kernels.kind_runs, *self[1:], self.block.shape[1], kind, across, n_codes, origin)


def find_wrong_runs(
    block: Box, region: Box, reference_codes: NDArray[Any], predicted_codes: NDArray[Any]
) -> list[WrongRuns]:
    """Find the runs of wrong voxels of a block.

    Parameters
    ----------
    block : Box
        Where the block lies.
    region : Box
        What the blocks partition.
    reference_codes, predicted_codes : ndarray of uint8 or uint16, shape (z, y, x)
        Class indices plus one; voxels where the reference is 0 are not wrong, whatever was predicted.

    Returns
    -------
    list of WrongRuns
        One for the block, or one for each of the thin blocks that it falls into where errors are many: whoever works on them
        has the runs of one in memory. All together take a few bytes per wrong voxel.
    """
    whole = _runs_of(block, reference_codes, predicted_codes, RUNS_AT_ONCE)
    if whole is not None:
        return [whole]
    found = []
    for thin in thin_blocks(block, region):
        inside = thin.shifted((-block.start[0], -block.start[1], -block.start[2])).slices()
        runs = _runs_of(thin, reference_codes[inside], predicted_codes[inside])
        found += [runs] if runs is not None else []
    return found


def _runs_of(
    block: Box, reference_codes: NDArray[Any], predicted_codes: NDArray[Any], most: int | None = None
) -> WrongRuns | None:
    """Find the runs of a block; None when there are more than a given number."""
    reference, prediction = np.ascontiguousarray(reference_codes), np.ascontiguousarray(predicted_codes)
    planes, rows, columns = block.shape
    row_first = np.zeros(planes * rows + 1, np.int64)
    start, stop = np.empty(columns + 1, np.int32), np.empty(columns + 1, np.int32)
    missed, invented = np.empty(columns + 1, np.uint16), np.empty(columns + 1, np.uint16)
    row = 0
    while True:
        row = run_kernels.find_wrong_runs(reference, prediction, row, row_first, start, stop, missed, invented)
        used = int(row_first[row])
        if most is not None and used > most:
            return None
        if row == planes * rows:
            kept = start[:used].copy(), stop[:used].copy(), missed[:used].copy(), invented[:used].copy()
            return WrongRuns(block, row_first, *kept)
        room = 2 * start.size + columns + 1
        for array in (start, stop, missed, invented):
            array.resize(room, refcheck=False)
