"""Counts of probabilities, against numpy on the whole region."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.streaming.lattice import coarser
from seg_eval.streaming.probability_counts import SCORE_BINS, STEPS, StreamingProbabilities

SHAPES = st.tuples(*[st.integers(1, 6)] * 3)


def softmax(rng, shape, n_classes):
    scores = np.exp(rng.normal(0, 2, (*shape, n_classes)))
    return (scores / scores.sum(axis=-1, keepdims=True)).astype(np.float32)


@given(
    seed=st.integers(0, 2**32 - 1), shape=SHAPES, block_shape=SHAPES, n_classes=st.integers(1, 4), known=st.booleans()
)
@settings(deadline=None, max_examples=50)
def test_counts_equal_those_of_the_whole_region(seed, shape, block_shape, n_classes, known):
    """In any pieces, with and without a reference, some voxels unknown."""
    rng = np.random.default_rng(seed)
    p = softmax(rng, shape, n_classes)
    codes = rng.integers(0, n_classes + 1, shape).astype(np.uint8) if known else None
    region = Box(start=(3, 4, 5), shape=shape)
    counts = StreamingProbabilities(region, n_classes)
    for block in block_boxes(region, block_shape):
        inside = block.shifted((-3, -4, -5)).slices()
        counts.add(block, p[inside], None if codes is None else codes[inside])
    chosen = np.ones(shape, bool) if codes is None else codes > 0
    steps = np.rint(p.astype(float) * STEPS).astype(np.int64) * chosen[..., np.newaxis]
    np.testing.assert_array_equal(counts.cells, coarser(steps, counts.lattice.side))
    np.testing.assert_array_equal(counts.slices[2], steps.sum(axis=(0, 1)))
    bins = np.minimum((p.astype(float) * SCORE_BINS).astype(int), SCORE_BINS - 1)
    for k in range(n_classes):
        positive = (codes == k + 1) if codes is not None else np.zeros(shape, bool)
        for of_class, mask in ((1, positive), (0, chosen & ~positive)):
            expected = np.bincount(bins[mask][:, k], minlength=SCORE_BINS)
            np.testing.assert_array_equal(counts.score_counts[k, of_class], expected)
    right = (p.argmax(axis=-1) + 1 == codes)[chosen].sum() if codes is not None else 0
    assert counts.confidence_counts[:, 1].sum() == right
    assert counts.confidence_counts.sum() == chosen.sum()
    assert counts.confidence_steps.sum() == steps.max(axis=-1)[chosen].sum()


def test_entropy_is_normalised():
    """0 for certainty, 1 for equal probabilities, in every slice they belong to; unknown voxels count as well."""
    p = np.zeros((2, 1, 2, 2), np.float32)
    p[0, ..., 0] = 1
    p[1] = 0.5
    counts = StreamingProbabilities(Box.whole((2, 1, 2)), 2)
    counts.add(Box.whole((2, 1, 2)), p, np.zeros((2, 1, 2), np.uint8))
    assert (counts.entropy[0] / STEPS).tolist() == [0, 2]
    assert (counts.entropy[2] / STEPS).tolist() == [1, 1]
    assert counts.score_counts.sum() == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 1.1, 255.0])
def test_numbers_that_are_no_probabilities_are_refused(bad):
    """The message gives their range, and what to do about integers."""
    with pytest.raises(VolumeError, match=r"must be numbers in \[0, 1\].*divided by their largest value"):
        StreamingProbabilities(Box.whole((1, 1, 1)), 2).add(Box.whole((1, 1, 1)), np.full((1, 1, 1, 2), bad))


def test_another_shape_is_refused():
    """The class axis comes last."""
    with pytest.raises(VolumeError, match=r"\(1, 1, 1, 2\) of their box; got \(2, 1, 1, 1\)"):
        StreamingProbabilities(Box.whole((1, 1, 1)), 2).add(Box.whole((1, 1, 1)), np.zeros((2, 1, 1, 1)))
