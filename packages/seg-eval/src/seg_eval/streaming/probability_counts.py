"""Probabilities counted against the reference in fixed bins, and summed as integers by slice and by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.blocks.plan import block_shape_for
from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.streaming.lattice import Lattice, lattice_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORE_BINS = 1000
"""Bins of a probability; curves and areas are exact for probabilities rounded down to them."""

STEPS = 2**28
"""Sums run in steps of 2^-28: integers do not depend on the order of the blocks."""

VOXELS_AT_ONCE = 2**18
"""Voxels worked on at one time: a few tens of MiB; double precision sums the steps of 2^25 of them exactly."""


class StreamingProbabilities:
    """Count the probabilities of a region, given in any pieces and any order.

    Parameters
    ----------
    region : Box
        What the pieces partition.
    n_classes : int
        Probabilities per voxel.
    """

    def __init__(self, region: Box, n_classes: int) -> None:
        self.region, self.n_classes = region, n_classes
        self.score_counts: NDArray[np.int64] = np.zeros((n_classes, 2, SCORE_BINS), np.int64)
        """Voxels by class, whether the reference is of that class (0 no, 1 yes), and bin of its probability."""
        self.score_steps: NDArray[np.int64] = np.zeros((n_classes, SCORE_BINS), np.int64)
        """Probabilities summed by class and bin."""
        self.confidence_counts: NDArray[np.int64] = np.zeros((n_classes, 2, SCORE_BINS), np.int64)
        """Voxels by class, whether the most probable class is right, and bin of its probability.

        The class is that of the reference; without a reference everything counts as wrong, by most probable class.
        """
        self.confidence_steps: NDArray[np.int64] = np.zeros(SCORE_BINS, np.int64)
        """The highest probabilities summed by bin."""
        self.lattice: Lattice = lattice_for(region.shape, n_classes)
        self.cells: NDArray[np.int64] = np.zeros((*self.lattice.shape, n_classes), np.int64)
        """Probabilities summed by cell (z, y, x) and class, over the known voxels."""
        self.slices: tuple[NDArray[np.int64], ...] = tuple(
            np.zeros((length, n_classes), np.int64) for length in region.shape
        )
        """For z, y, x: probabilities summed by slice and class, over the known voxels."""
        self.entropy: tuple[NDArray[np.int64], ...] = tuple(np.zeros(length, np.int64) for length in region.shape)
        """For z, y, x: normalised entropy summed by slice, over all voxels."""
        self.compared = False
        """Whether any reference was given."""

    def add(self, box: Box, probabilities: NDArray[Any], reference_codes: NDArray[Any] | None = None) -> None:
        """Count a piece.

        Parameters
        ----------
        box : Box
            Where it lies.
        probabilities : ndarray of float, shape (z, y, x, class)
            In [0, 1]. Not modified.
        reference_codes : ndarray of uint8 or uint16, shape (z, y, x), optional
            Reference class plus one; 0 where it is not known.

        Raises
        ------
        VolumeError
            If the shape is not that of the box, or a probability is not finite or outside [0, 1].
        """
        if probabilities.shape != (*box.shape, self.n_classes):
            msg = (
                f"probabilities must have the shape (z, y, x, class) = {(*box.shape, self.n_classes)} of their box; got "
                f"{probabilities.shape}. Put the class axis last."
            )
            raise VolumeError(msg)
        for piece in block_boxes(Box.whole(box.shape), block_shape_for(box.shape, 1, VOXELS_AT_ONCE)):
            codes = None if reference_codes is None else reference_codes[piece.slices()]
            corner = np.array(box.start) - np.array(self.region.start) + np.array(piece.start)
            self._add(corner, probabilities[piece.slices()].astype(np.float64), codes)

    def _add(self, corner: NDArray[np.int64], p: NDArray[np.float64], codes: NDArray[Any] | None) -> None:
        # Blending in single precision leaves the range by a few units in the last place.
        if not (np.isfinite(p).all() and p.min() >= -1e-5 and p.max() <= 1 + 1e-5):
            msg = (
                f"probabilities must be numbers in [0, 1]; got {p.min()} to {p.max()}. "
                "Integers that stand for probabilities have to be divided by their largest value."
            )
            raise VolumeError(msg)
        p = p.clip(0, 1)
        known = None if codes is None else codes > 0
        steps = np.rint(p * STEPS).astype(np.int64)
        entropy = np.rint(_normalised_entropy(p) * STEPS).astype(np.int64)
        counted = steps if known is None else steps * known[..., np.newaxis]
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            place = slice(corner[axis], corner[axis] + p.shape[axis])
            self.slices[axis][place] += counted.sum(axis=others)
            self.entropy[axis][place] += entropy.sum(axis=others)
        self._add_to_cells(corner, counted)
        if known is None:
            self._count(p.reshape(-1, self.n_classes), steps.reshape(-1, self.n_classes), None)
        else:
            self.compared = True
            self._count(p[known], steps[known], codes[known].astype(np.int64) - 1 if codes is not None else None)

    def _count(self, p: NDArray[np.float64], steps: NDArray[np.int64], reference: NDArray[np.int64] | None) -> None:
        """Fill the bins with voxels (voxel, class)."""
        bins = np.minimum((p * SCORE_BINS).astype(np.int64), SCORE_BINS - 1)
        for k in range(self.n_classes):
            self.score_steps[k] += _sums(bins[:, k], steps[:, k])
            everything = np.bincount(bins[:, k], minlength=SCORE_BINS)
            positive = 0 if reference is None else np.bincount(bins[reference == k, k], minlength=SCORE_BINS)
            self.score_counts[k, 0] += everything - positive
            self.score_counts[k, 1] += positive
        answer = p.argmax(axis=1)
        voxel = np.arange(len(answer))
        top = bins[voxel, answer]
        group = answer if reference is None else reference
        right = np.zeros(answer.size, np.int64) if reference is None else (answer == reference).astype(np.int64)
        place = (group * 2 + right) * SCORE_BINS + top
        self.confidence_counts += np.bincount(place, minlength=self.confidence_counts.size).reshape(
            self.confidence_counts.shape
        )
        self.confidence_steps += _sums(top, steps[voxel, answer])

    def _add_to_cells(self, corner: NDArray[np.int64], steps: NDArray[np.int64]) -> None:
        side = self.lattice.side
        target = []
        for axis in range(3):
            low, high = int(corner[axis]), int(corner[axis]) + steps.shape[axis]
            cells = slice(low // side, -(-high // side))
            starts = np.maximum(np.arange(cells.start, cells.stop) * side - low, 0)
            steps = np.add.reduceat(steps, starts, axis=axis)
            target.append(cells)
        self.cells[tuple(target)] += steps


def _sums(bins: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
    sums: NDArray[np.int64] = np.bincount(bins, weights=steps, minlength=SCORE_BINS).astype(np.int64)
    return sums


def _normalised_entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy divided by its largest value, 0 for certainty and 1 for equal probabilities; 0 for a single class."""
    if p.shape[-1] == 1:
        return np.zeros(p.shape[:-1])
    terms = np.zeros_like(p)
    np.log(p, out=terms, where=p > 0)
    entropy: NDArray[np.float64] = -(p * terms).sum(axis=-1) / np.log(p.shape[-1])
    return entropy.clip(0, 1)
