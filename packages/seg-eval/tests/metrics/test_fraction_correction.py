"""Fractions corrected with a measured confusion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import SegError
from seg_eval.metrics.fraction_correction import corrected_fractions, most_likely_fractions
from seg_eval.metrics.histogram_shift import unexplained_share

RATES = np.array([[0.97, 0.02, 0.01], [0.06, 0.92, 0.02], [0.25, 0.05, 0.70]])
"""A model like those of the reference problem: a quarter of the pores is taken for matrix."""


def made_up_blocks(rng, n, fractions, voxels=4000):
    """Confusions of blocks whose composition varies, and whose errors are alike within a block and not between blocks."""
    compositions = rng.dirichlet(np.array(fractions) * 40, n)
    blocks = np.empty((n, 3, 3), np.int64)
    for b in range(n):
        in_reference = rng.multinomial(voxels, compositions[b])
        rates = np.array([rng.dirichlet(row * 60) for row in RATES])
        blocks[b] = [rng.multinomial(count, row) for count, row in zip(in_reference, rates, strict=True)]
    return blocks


def test_intervals_cover_the_true_fractions_of_another_volume():
    """60 labelled blocks with 5 % of pores correct 80 blocks with 12 %: the 95 % intervals hold 90 to 98 % of the truths."""
    rng = np.random.default_rng(7)
    covered, estimates, simulations = np.zeros(3), [], 250
    for number in range(simulations):
        labelled = made_up_blocks(rng, 60, (0.80, 0.15, 0.05))
        unlabelled = made_up_blocks(rng, 80, (0.63, 0.25, 0.12)).sum(axis=0)
        truth = unlabelled.sum(axis=1) / unlabelled.sum()
        result = corrected_fractions(labelled, unlabelled.sum(axis=0), 300, name=str(number))
        estimates.append(result.fractions - truth)
        covered += [one.low <= share <= one.high for one, share in zip(result.intervals, truth, strict=True)]
    assert ((covered / simulations >= 0.90) & (covered / simulations <= 0.98)).all(), covered / simulations
    # Uncorrected, a fifth of the pores would be missing.
    assert np.abs(np.mean(estimates, axis=0)).max() < 0.002


def test_a_correction_by_hand():
    """10 % of class 1 are answered as class 0; 36 % answered as class 1 are 40 % in truth."""
    blocks = np.repeat(np.array([[[60, 0], [4, 36]]]), 20, axis=0)
    result = corrected_fractions(blocks, np.array([64, 36]))
    assert result.fractions.tolist() == pytest.approx([0.6, 0.4])
    assert result.intervals[1].low == pytest.approx(result.intervals[1].high)


def test_outside_the_simplex_the_most_likely_point_is_taken():
    """Fewer voxels answered as class 1 than false positives alone would be: there is none of it."""
    rates = np.array([[[0.9, 0.1], [0.2, 0.8]]])
    assert most_likely_fractions(rates, np.array([[0.95, 0.05]]))[0].tolist() == pytest.approx([1.0, 0.0], abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 4))
@settings(deadline=None, max_examples=40)
def test_fractions_lie_on_the_simplex_and_no_other_is_likelier(seed, n):
    """Also where the exact solution does not."""
    rng = np.random.default_rng(seed)
    rates = np.array([rng.dirichlet(np.ones(n) * 0.3 + 6 * np.eye(n)[k]) for k in range(n)])
    answer = rng.dirichlet(np.ones(n) * 0.5)
    found = most_likely_fractions(rates[np.newaxis], answer[np.newaxis])[0]
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()

    def log_likelihood(fractions):
        return (answer * np.log(np.maximum(fractions @ rates, 1e-300))).sum()

    others = rng.dirichlet(np.ones(n), 200)
    assert log_likelihood(found) >= max(map(log_likelihood, others)) - 1e-6


def test_what_cannot_be_inverted_is_refused():
    """A class without reference voxels, and two classes with the same answers."""
    with pytest.raises(SegError, match="reference voxels of every class; got none of class 1"):
        corrected_fractions(np.array([[[5, 1], [0, 0]]]), np.array([5, 1]))
    with pytest.raises(SegError, match="must tell the classes apart; the smallest singular value"):
        corrected_fractions(np.array([[[5, 5], [50, 50]]]), np.array([5, 1]))


def test_a_shift_of_amounts_is_explained_and_a_shift_of_contrast_is_not():
    """More pores: nothing is left over. Every grey level one bin brighter: everything is."""
    by_class = np.array([[0, 90, 0, 0], [10, 0, 0, 0]])
    assert unexplained_share(np.array([30, 70, 0, 0]), by_class, np.array([0.7, 0.3])) == pytest.approx(0)
    assert unexplained_share(np.array([0, 0, 70, 30]), by_class, np.array([0.7, 0.3])) == pytest.approx(1)
    assert unexplained_share(np.zeros(4, int), by_class, np.array([0.7, 0.3])) is None
