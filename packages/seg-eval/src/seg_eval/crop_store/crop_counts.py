"""Count what crops answer without aggregating them: every voxel counts once, each of its answers 1 / visits."""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_eval.streaming.lattice import lattice_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box


class CropCounts:
    """Answers of crops on the voxels of a region, exact.

    Parameters
    ----------
    region : Box
        Voxels to count, in the volume's coordinates.
    n_classes : int
        Class indices are 0 … n_classes - 1.

    Notes
    -----
    Weights of 1 / visits are no whole numbers. Answers are therefore counted apart by the visits of their voxel, in
    integers, and the weights come in at the last division. The cells, from which intervals are drawn, hold float64.
    """

    def __init__(self, region: Box, n_classes: int) -> None:
        self._region, self._n_classes = region, n_classes
        self.lattice = lattice_for(region.shape, n_classes)
        """Where the cells lie."""
        self.cells: NDArray[np.float64] = np.zeros((*self.lattice.shape, n_classes, n_classes))
        """Voxels by cell (z, y, x), reference class and answer, each answer weighted by 1 / visits."""
        self.answers: dict[int, NDArray[np.int64]] = {}
        """Answers by (reference class, answer), by the visits of their voxel."""

    def add(self, block: Box, reference_codes: NDArray[Any], votes: NDArray[np.uint32]) -> None:
        """Count a block.

        Parameters
        ----------
        block : Box
            Where it lies.
        reference_codes : ndarray of int, shape (z, y, x)
            Class indices plus one, 0 for voxels that do not count.
        votes : ndarray of uint32, shape (class, z, y, x)
            Crops that answer a class.
        """
        n_classes = self._n_classes
        visits = votes.sum(axis=0)
        counted = (reference_codes > 0) & (visits > 0)
        reference, seen = reference_codes[counted].astype(np.int64) - 1, visits[counted].astype(np.int64)
        if not seen.size:
            return
        places = [
            (np.arange(start, stop) - first) // self.lattice.side
            for start, stop, first in zip(block.start, block.stop, self._region.start, strict=True)
        ]
        _, y_cells, x_cells = self.lattice.shape
        cell = (places[0][:, np.newaxis, np.newaxis] * y_cells + places[1][:, np.newaxis]) * x_cells + places[2]
        in_cell = cell[counted] * n_classes + reference
        by_visits = seen * n_classes + reference
        cells = self.cells.reshape(-1, n_classes)
        rows = (int(seen.max()) + 1) * n_classes
        found = np.zeros((rows, n_classes), np.int64)
        for answer in range(n_classes):
            chosen = votes[answer][counted]
            cells[:, answer] += np.bincount(in_cell, chosen / seen, minlength=len(cells))
            # Weights are whole numbers below 2^53: float64 adds them exactly.
            found[:, answer] = np.bincount(by_visits, chosen, minlength=rows).astype(np.int64)
        for number, confusion in enumerate(found.reshape(-1, n_classes, n_classes)):
            if confusion.any():
                self.answers[number] = self.answers.get(number, 0) + confusion


def scaled_confusion(answers: dict[int, NDArray[np.int64]], n_classes: int) -> NDArray[Any]:
    """Weigh answers by 1 / visits, times the least common multiple of all visits: whole numbers without limit.

    Examples
    --------
    Four answers at two voxels that were seen twice, three at one that was seen three times, in sixths of voxels:

    >>> import numpy as np
    >>> answers = {2: np.array([[3, 1], [0, 0]]), 3: np.array([[0, 0], [1, 2]])}
    >>> scaled_confusion(answers, 2).tolist()
    [[9, 3], [2, 4]]
    """
    scale = lcm(*answers)
    total = np.zeros((n_classes, n_classes), object)
    for visits, counts in answers.items():
        total += counts.astype(object) * (scale // visits)
    return total
