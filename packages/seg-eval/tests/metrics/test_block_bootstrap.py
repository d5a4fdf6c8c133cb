"""Blocks, their size, and the intervals that they give."""

import numpy as np
import pytest

from seg_eval.metrics.block_bootstrap import Blocks, bootstrap_blocks, interval, representative_volume, resampled_sums
from seg_eval.metrics.score_intervals import fraction_intervals, probability_intervals, score_intervals
from seg_eval.streaming.lattice import Lattice, coarser
from seg_eval.streaming.probability_counts import STEPS


def random_cells(rng, shape, grain, fraction=0.3):
    """Cells of one voxel of two classes, in cubes of `grain` voxels that are all one or the other, predicted with errors."""
    coarse = rng.random(tuple(-(-n // grain) for n in shape)) < fraction
    pore = np.kron(coarse, np.ones((grain,) * 3, bool))[tuple(slice(n) for n in shape)]
    missed = rng.random(shape) < 0.1
    cells = np.zeros((*shape, 2, 2), np.int64)
    cells[..., 0, 0], cells[..., 1, 1], cells[..., 1, 0] = ~pore, pore & ~missed, pore & missed
    return cells


def test_standard_error_and_spread_by_hand():
    """Four cells of 8 voxels with 0, 2, 4, 6 pores: fractions vary by 0.3227; their mean by half of that."""
    cells = np.zeros((4, 1, 1, 2), np.int64)
    cells[:, 0, 0, 1] = [0, 2, 4, 6]
    cells[..., 0] = 8 - cells[..., 1]
    first, second = representative_volume(Lattice((8, 2, 2), 2), cells)
    assert (first.side, first.blocks, second.side, second.blocks) == (2, 4, 4, 2)
    fractions = np.array([0, 2, 4, 6]) / 8
    assert first.spread[1] == pytest.approx(fractions.std(ddof=1))
    assert first.standard_error[1] == pytest.approx(fractions.std(ddof=1) / 2)
    assert second.spread[1] == pytest.approx(np.std([1 / 8, 5 / 8], ddof=1))


def test_cut_and_mostly_unknown_blocks_have_no_part_in_the_spread():
    """Of five cells along z one is cut off, and one has fewer than half of its voxels."""
    cells = np.zeros((5, 1, 1, 1), np.int64)
    cells[:, 0, 0, 0] = [8, 8, 8, 3, 4]
    assert representative_volume(Lattice((9, 2, 2), 2), cells)[0].blocks == 3


def test_blocks_are_as_large_as_the_structures():
    """Grains of 4 voxels: blocks of 1 voxel would promise a standard error far too small."""
    rng = np.random.default_rng(3)
    cells = random_cells(rng, (32, 32, 32), 4)
    blocks = bootstrap_blocks(Lattice((32, 32, 32), 1), cells)
    assert blocks.side >= 4
    assert 30 <= len(blocks.confusions) <= 4096
    np.testing.assert_array_equal(blocks.confusions.sum(axis=0), cells.sum(axis=(0, 1, 2)))


def test_tiny_regions_have_no_interval():
    """Seven voxels are too few for anything, eight give an interval, and nothing known gives none."""
    cells = np.ones((7, 1, 1, 1, 1), np.int64)
    assert bootstrap_blocks(Lattice((7, 1, 1), 1), cells) is None
    assert bootstrap_blocks(Lattice((8, 1, 1), 1), np.ones((8, 1, 1, 1, 1), np.int64)).side == 1
    assert bootstrap_blocks(Lattice((8, 8, 8), 1), np.zeros((8, 8, 8, 1, 1), np.int64)) is None


def test_resampling_keeps_the_mean_and_is_repeatable():
    """As many blocks as there are, each as likely as any other."""
    counts = np.arange(60, dtype=np.int64).reshape(30, 2)
    sums = resampled_sums(counts, "a test", 4000)
    np.testing.assert_allclose(sums.mean(axis=0), counts.sum(axis=0), rtol=0.02)
    np.testing.assert_array_equal(sums, resampled_sums(counts, "a test", 4000))
    assert interval(np.array([1.0, np.nan])) is None


def test_intervals_of_a_fraction_cover_the_truth():
    """Of 150 regions of a material with 30 % of pores in grains, the interval of about 95 % holds 30 %."""
    covered = 0
    for seed in range(150):
        cells = coarser(random_cells(np.random.default_rng(seed), (24, 24, 24), 4), 2)
        found = score_intervals(bootstrap_blocks(Lattice((24, 24, 24), 2), cells))[0][1].reference_fraction
        covered += found.low <= 0.3 <= found.high
    assert 0.88 <= covered / 150 <= 0.99


def test_scores_lie_in_their_intervals():
    """Of every score, and of the mean; a perfect class has an interval of no width."""
    cells = random_cells(np.random.default_rng(1), (16, 16, 16), 2)
    blocks = bootstrap_blocks(Lattice((16, 16, 16), 1), cells)
    (matrix, pore), mean = score_intervals(blocks)
    (m, wrong), (missed, found) = cells.sum(axis=(0, 1, 2)).tolist()
    assert wrong == 0
    total = m + missed + found
    for value, one in (
        (found / (found + missed), pore.jaccard),
        ((found + missed) / total, pore.reference_fraction),
        (found / total, pore.estimated_fraction),
        (-missed / total, pore.absolute_error),
        (-missed / (found + missed), pore.relative_error),
        ((m / (m + missed) + found / (found + missed)) / 2, mean),
    ):
        assert one.low < value < one.high
    assert matrix.jaccard.low < m / (m + missed) < matrix.jaccard.high
    perfect = Blocks(1, np.tile(np.diag([3, 1]), (40, 1, 1)), still_rising=False)
    assert score_intervals(perfect)[0][1].jaccard.model_dump() == {"low": 1.0, "high": 1.0}


def test_certain_probabilities_have_the_interval_of_labels():
    """The same blocks are drawn, also when the blocks are larger than cells and some of them unknown."""
    cells = random_cells(np.random.default_rng(2), (16, 16, 16), 4)
    cells[:4] = 0
    lattice = Lattice((16, 16, 16), 1)
    blocks = bootstrap_blocks(lattice, cells)
    assert blocks.side > 1
    by_labels = fraction_intervals(blocks)
    by_probability = probability_intervals(blocks.side, lattice, cells.sum(axis=3) * STEPS)
    for one, other in zip(by_labels, by_probability, strict=True):
        assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_a_class_that_is_nowhere_has_no_interval():
    """And counts in no mean."""
    confusions = np.zeros((40, 2, 2), np.int64)
    confusions[:, 0, 0] = 5
    (matrix, pore), mean = score_intervals(Blocks(1, confusions, still_rising=False))
    assert pore.jaccard is None
    assert matrix.jaccard == mean
    assert fraction_intervals(Blocks(1, confusions, still_rising=False))[1].high == 0.0


def test_coarser_cells_keep_all_voxels():
    """Also when sides are odd."""
    cells = np.random.default_rng(0).integers(0, 9, (5, 3, 1, 2))
    assert coarser(cells, 2).shape == (3, 2, 1, 2)
    np.testing.assert_array_equal(coarser(cells, 2).sum(axis=(0, 1, 2)), cells.sum(axis=(0, 1, 2)))
