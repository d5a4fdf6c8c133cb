"""How sure a number is, judged from how much it varies between blocks of the region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.schema.evaluation_measures import BootstrapRecord, Interval, SpreadPoint
from seg_common.seeding import stream
from seg_eval.streaming.lattice import Lattice, coarser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FEWEST_BLOCKS = 30
"""With fewer blocks, resampling says little about the tails."""

MOST_BLOCKS = 4096
"""More blocks than this make no interval better, only slower."""

FEWEST_FOR_ANY = 8
"""Below so many blocks there is no interval at all."""

REPLICATES = 1000


@dataclass(frozen=True, eq=False)
class Blocks:
    """Counts of the blocks that are resampled."""

    side: int
    """Side of a block in voxels."""
    confusions: NDArray[np.int64]
    """Voxels by block, reference class and predicted class, shape (block, class, class); blocks without voxels left out."""
    still_rising: bool
    """Whether the standard error was largest at the largest side: structure may reach farther than a block."""


def representative_volume(lattice: Lattice, cells: NDArray[np.int64]) -> list[SpreadPoint]:
    """Measure how much volume fractions vary between blocks, for blocks of growing size.

    Parameters
    ----------
    lattice : Lattice
        Where the cells lie.
    cells : ndarray of int, shape (z, y, x, class)
        Voxels by cell and class.

    Returns
    -------
    list of SpreadPoint
        One for each side from that of a cell on, doubling, while there are 2 blocks. `spread` is the standard deviation
        of the fraction between whole blocks with at least half of their voxels known; `standard_error` that of the
        fraction of the whole region if blocks were independent.

    References
    ----------
    .. [1] Kanit, Forest, Galliet, Mounoury, Jeulin, "Determination of the size of the representative volume element for
       random composites", Int. J. Solids Struct. 40 (2003) 3647-3679, doi:10.1016/S0020-7683(03)00143-4
    """
    points = []
    for side, blocks in _sizes(lattice, cells):
        voxels = blocks.sum(axis=-1)
        whole = np.ones(voxels.shape, np.int64)
        for axis, length in enumerate(lattice.region_shape):
            sides = np.minimum(side, length - np.arange(voxels.shape[axis]) * side)
            whole *= np.where(sides == min(side, length), sides, 0).reshape([-1 if a == axis else 1 for a in range(3)])
        usable = (whole > 0) & (2 * voxels >= whole)
        if np.count_nonzero(usable) < 2:
            continue
        fractions = blocks[usable] / voxels[usable][:, np.newaxis]
        points.append(
            SpreadPoint(
                side=side,
                blocks=int(np.count_nonzero(usable)),
                spread=fractions.std(axis=0, ddof=1).tolist(),
                standard_error=_standard_errors(blocks[voxels > 0]).tolist(),
            )
        )
    return points


def bootstrap_blocks(lattice: Lattice, cells: NDArray[np.int64]) -> Blocks | None:
    """Choose the side of the blocks to resample, and count them.

    Parameters
    ----------
    lattice : Lattice
        Where the cells lie.
    cells : ndarray of int, shape (z, y, x, class, class)
        Voxels by cell, reference class and predicted class.

    Returns
    -------
    Blocks or None
        None when the region is too small for 8 blocks.

    Notes
    -----
    Neighbouring voxels are alike, so small blocks are not independent and give intervals that are too narrow; the
    standard error that they imply grows with their side until a block is larger than the structures, and then stays.
    The side taken is therefore the one with the largest standard error of a volume fraction, of the reference or of the
    prediction, among those that leave 30 to 4096 blocks; of the sides that the classes ask for, the largest. It is at
    once the cautious choice.

    References
    ----------
    .. [1] Künsch, "The jackknife and the bootstrap for general stationary observations", Ann. Stat. 17 (1989) 1217-1241,
       doi:10.1214/aos/1176347265
    .. [2] Lahiri, "Resampling methods for dependent data", Springer (2003), doi:10.1007/978-1-4757-3803-2
    """
    n_classes = cells.shape[-1]
    tables, errors = [], []
    for side, blocks in _sizes(lattice, cells.reshape(*cells.shape[:3], -1)):
        filled = blocks[blocks.sum(axis=-1) > 0].reshape(-1, n_classes, n_classes)
        tables.append((side, filled))
        errors.append(np.concatenate([_standard_errors(filled.sum(axis=axis)) for axis in (1, 2)]))
    enough = [k for k, (_, filled) in enumerate(tables) if FEWEST_BLOCKS <= len(filled) <= MOST_BLOCKS]
    if not enough:
        # A tiny region, or one of thin slices: the finest blocks that are few enough, if there are any.
        enough = [k for k, (_, filled) in enumerate(tables) if FEWEST_FOR_ANY <= len(filled) <= MOST_BLOCKS][:1]
    if not enough:
        return None
    widest = np.array([errors[k] for k in enough]).argmax(axis=0)
    chosen = int(widest.max())
    side, filled = tables[enough[chosen]]
    return Blocks(side, filled, still_rising=chosen == len(enough) - 1)


def resampled_sums(counts: NDArray[np.int64], name: str, replicates: int = REPLICATES) -> NDArray[np.float64]:
    """Draw blocks with replacement, as many as there are, and add up their counts.

    Parameters
    ----------
    counts : ndarray of int, shape (block, ...)
        Counts of each block.
    name : str
        Name of the random stream; one name, one drawing of blocks.
    replicates : int
        Number of drawings.

    Returns
    -------
    ndarray of float64, shape (replicates, ...)
        Sums, whole numbers.
    """
    blocks = len(counts)
    chosen = stream(0, f"block bootstrap, {name}").integers(0, blocks, (replicates, blocks))
    place = chosen + np.arange(replicates)[:, np.newaxis] * blocks
    times = np.bincount(place.ravel(), minlength=replicates * blocks).reshape(replicates, blocks)
    sums: NDArray[np.float64] = times.astype(np.float64) @ counts.reshape(blocks, -1).astype(np.float64)
    return sums.reshape(replicates, *counts.shape[1:])


def interval(values: NDArray[np.float64]) -> Interval | None:
    """Cut 2.5 % off either end of the replicates of a number; None when any of them is not known."""
    if not np.isfinite(values).all():
        return None
    low, high = np.percentile(values, (2.5, 97.5))
    return Interval(low=float(low), high=float(high))


def bootstrap_record(blocks: Blocks) -> BootstrapRecord:
    """Say how intervals came about."""
    return BootstrapRecord(
        block_side=blocks.side,
        blocks=len(blocks.confusions),
        replicates=REPLICATES,
        standard_error_still_rising=blocks.still_rising,
    )


def _sizes(lattice: Lattice, cells: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Sides, doubling, and the counts of their blocks, while there is more than one block; nothing without a voxel."""
    side = lattice.side
    while cells.any() and max(cells.shape[:3]) > 1:
        yield side, cells
        side, cells = 2 * side, coarser(cells, 2)


def _standard_errors(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Estimate the standard error of each class's share of all voxels, from counts (block, class)."""
    voxels = counts.sum(axis=1, keepdims=True)
    blocks, total = len(counts), voxels.sum()
    residuals = counts - voxels * (counts.sum(axis=0) / total)
    errors: NDArray[np.float64] = np.sqrt((residuals**2).sum(axis=0) * blocks / max(blocks - 1, 1)) / total
    return errors
