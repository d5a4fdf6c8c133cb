"""Differences between members with their intervals: all members are resampled with the same drawings of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.comparison import Measure
from seg_common.schema.evaluation_measures import BootstrapRecord, Interval
from seg_eval.metrics.block_bootstrap import REPLICATES, bootstrap_blocks, interval, resampled_sums
from seg_eval.streaming.lattice import coarser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_eval.comparing.member_counts import MemberCounts

Key = tuple[Measure, int | None]
"""A measure, and the index of its class."""


@dataclass(frozen=True, eq=False)
class Drawings:
    """Every measure of every member in every drawing of blocks."""

    record: BootstrapRecord
    """How the blocks were chosen."""
    measures: list[dict[Key, NDArray[np.float64]]]
    """For each member, the drawn values of each measure, shape (replicate,); NaN where a drawing leaves it undefined."""
    fractions: list[NDArray[np.float64]]
    """For each member, the drawn estimated fractions, shape (replicate, class)."""
    signed_errors: list[NDArray[np.float64]]
    """For each member, estimated minus reference fraction, shape (replicate, class)."""

    def interval(self, member: int, measure: Measure, index: int | None = None) -> Interval | None:
        """95 % interval of one measure of a member."""
        return interval(self.measures[member][measure, index])

    def interval_of_difference(self, first: int, second: int, key: Key) -> Interval | None:
        """95 % interval of second minus first, each drawing with itself."""
        return interval(self.measures[second][key] - self.measures[first][key])

    def best_shares(self) -> list[float]:
        """Share of the drawings in which no other member has a higher mean Jaccard; equal ones are both best."""
        means = np.array([values["mean_jaccard", None] for values in self.measures])
        return [float(share) for share in (means >= means.max(axis=0)).mean(axis=1)]


def draw_blocks(members: Sequence[MemberCounts]) -> Drawings | None:
    """Resample the blocks of all members together.

    Parameters
    ----------
    members : sequence of MemberCounts
        Counts of the same voxels, so that a block holds the same voxels for all of them.

    Returns
    -------
    Drawings or None
        None when the region is too small for 8 blocks.

    Notes
    -----
    The side of the blocks is the largest that any member asks for (see `bootstrap_blocks`). Two members are wrong at
    similar places, so the difference varies less between drawings than either score does: intervals of differences
    that are drawn in pairs are narrower than those of single scores suggest, and right for the question which of the
    two is better.
    """
    lattice = members[0].lattice
    chosen = [bootstrap_blocks(lattice, member.cells) for member in members]
    found = [blocks for blocks in chosen if blocks is not None]
    if len(found) < len(members):
        return None
    widest = max(found, key=lambda blocks: blocks.side)
    measures, fractions, signed_errors = [], [], []
    for member in members:
        blocks = coarser(member.cells, widest.side // lattice.side)
        filled = blocks[blocks.sum(axis=(3, 4)) > 0]
        sums = resampled_sums(filled, "comparison")
        drawn, estimated, error = _drawn_measures(sums)
        measures.append(drawn)
        fractions.append(estimated)
        signed_errors.append(error)
    record = BootstrapRecord(
        block_side=widest.side,
        blocks=len(filled),
        replicates=REPLICATES,
        standard_error_still_rising=widest.still_rising,
    )
    return Drawings(record, measures, fractions, signed_errors)


def _drawn_measures(
    sums: NDArray[np.float64],
) -> tuple[dict[Key, NDArray[np.float64]], NDArray[np.float64], NDArray[np.float64]]:
    """Measures of each drawing from its confusion, shape (replicate, class, class)."""
    right = np.diagonal(sums, axis1=1, axis2=2)
    reference, predicted, total = sums.sum(axis=2), sums.sum(axis=1), sums.sum(axis=(1, 2))
    jaccard = _divide(right, reference + predicted - right)
    known = np.isfinite(jaccard)  # a class that a drawing lacks counts in no mean
    error = (predicted - reference) / total[:, np.newaxis]
    drawn: dict[Key, NDArray[np.float64]] = {
        ("mean_jaccard", None): np.where(known, jaccard, 0).sum(axis=1) / known.sum(axis=1),
        ("accuracy", None): right.sum(axis=1) / total,
    }
    precision, recall = _divide(right, predicted), _divide(right, reference)
    for k in range(sums.shape[1]):
        drawn["jaccard", k] = jaccard[:, k]
        drawn["precision", k] = precision[:, k]
        drawn["recall", k] = recall[:, k]
        drawn["fraction_error", k] = np.abs(error[:, k])
    return drawn, predicted / total[:, np.newaxis], error


def _divide(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    quotients: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return quotients
