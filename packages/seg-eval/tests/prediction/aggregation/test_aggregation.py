"""Definitions of the strategies, with numbers computed by hand."""

import numpy as np
import pytest

from seg_common.errors import SegError
from seg_common.geometry.box import Box
from seg_eval.prediction.aggregation import AGGREGATIONS, aggregation_named
from seg_eval.prediction.block_accumulator import BlockAccumulator
from seg_eval.prediction.tile_plan import plan_tiles


def blended(kind, answers, *, tile=4, overlap=0.5, length=6):
    """Probabilities of a row of voxels, from the answers (tile, voxel, class) of the tiles along x."""
    plan = plan_tiles(Box.whole((1, 1, length)), (1, 1, tile), (0, 0, 0), overlap)
    answers = np.array(answers, np.float32)
    accumulator = BlockAccumulator(plan, aggregation_named(kind), answers.shape[-1])
    accumulator.begin(plan.region)
    tiles = list(plan.tiles_in(plan.region))
    assert len(tiles) == len(answers)
    for one, answer in zip(tiles, answers, strict=True):
        accumulator.add(one, answer[np.newaxis, np.newaxis])
    return accumulator.finish().probabilities[0, 0]


# Two tiles of 4 voxels over 6, at 0 and 2: voxels 2 and 3 are seen twice.
FIRST, SECOND = [0.9, 0.1, 0.0], [0.1, 0.3, 0.6]


@pytest.mark.parametrize(
    ("kind", "third", "fourth"),
    [
        ("mean", [0.5, 0.2, 0.3], [0.5, 0.2, 0.3]),
        # sin²(π (i + 1/2) / 4): 0.1464, 0.8536, 0.8536, 0.1464; voxel 2 is number 2 of the first tile and 0 of the second.
        ("hann", [0.7829, 0.1293, 0.0879], [0.2171, 0.2707, 0.5121]),
        # The centres lie at 1.5 and 3.5: voxel 2 is nearer to the first one, voxel 3 to the second.
        ("centre", FIRST, SECOND),
        # Highest of each class 0.9, 0.3, 0.6; together 1.8.
        ("max", [1 / 2, 1 / 6, 1 / 3], [1 / 2, 1 / 6, 1 / 3]),
        # One vote for class 0, one for class 2.
        ("vote", [0.5, 0.0, 0.5], [0.5, 0.0, 0.5]),
    ],
)
def test_two_tiles_that_disagree(kind, third, fourth):
    row = blended(kind, [[FIRST] * 4, [SECOND] * 4])
    np.testing.assert_allclose(row[2], third, atol=1e-4)
    np.testing.assert_allclose(row[3], fourth, atol=1e-4)
    alone = ([1, 0, 0], [0, 0, 1]) if kind == "vote" else (FIRST, SECOND)
    np.testing.assert_allclose(row[[0, 1]], [alone[0]] * 2, atol=1e-6)
    np.testing.assert_allclose(row[[4, 5]], [alone[1]] * 2, atol=1e-6)


def test_gaussian_follows_its_weights():
    """Distances 0.5 and 1.5 from the middle, sigma 4 / 8: weights e^-0.5 and e^-4.5."""
    near, far = np.exp(-0.5), np.exp(-4.5)
    row = blended("gaussian", [[FIRST] * 4, [SECOND] * 4])
    np.testing.assert_allclose(row[2, 0], (near * 0.9 + far * 0.1) / (near + far), rtol=1e-5)


def test_hann_with_half_overlap_sums_to_one():
    """Wherever two tiles overlap by exactly half, along one axis; the weights never vanish."""
    weights = aggregation_named("hann").weights((0, 4, 8), 8)
    total = np.zeros(16)
    for start, window in zip((0, 4, 8), weights, strict=True):
        total[start : start + 8] += window
    np.testing.assert_allclose(total[4:12], 1, rtol=1e-6)
    assert weights.min() > 0


@pytest.mark.parametrize(
    ("starts", "size", "owners"),
    [
        ((0,), 5, "00000"),
        ((0, 1), 4, "00011"),  # centres 1.5 and 2.5: voxel 2 is as near to both, and the first one takes it
        ((0, 3, 6), 4, "0000111222"),  # centres 1.5, 4.5, 7.5: voxels 3 and 6 are as near to two of them
        ((0, 1, 2), 1, "012"),
    ],
)
def test_the_nearest_centre_owns_a_voxel(starts, size, owners):
    weights = aggregation_named("centre").weights(starts, size)
    owned = np.zeros((len(starts), starts[-1] + size))
    for tile, start in enumerate(starts):
        owned[tile, start : start + size] = weights[tile]
    np.testing.assert_array_equal(owned.sum(axis=0), 1)
    distances = np.abs(np.arange(owned.shape[1]) - (np.array(starts)[:, np.newaxis] + (size - 1) / 2))
    np.testing.assert_array_equal((owned * distances).sum(axis=0), distances.min(axis=0))
    assert "".join(str(tile) for tile in owned.argmax(axis=0)) == owners


def test_votes_and_labels_take_the_first_of_equals():
    row = blended("vote", [[[0.4, 0.4, 0.2]] * 4, [[0.2, 0.4, 0.4]] * 4])
    np.testing.assert_array_equal(row[[0, 2, 5]], [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]])


def test_a_network_without_any_probability_leaves_the_classes_equal():
    """All zeros cannot be divided by their sum."""
    np.testing.assert_allclose(blended("max", np.zeros((2, 4, 4))), 0.25)


@pytest.mark.parametrize("kind", AGGREGATIONS)
def test_every_strategy_knows_its_name_and_sums_to_one(kind):
    assert aggregation_named(kind).kind == kind
    answers = np.random.default_rng(0).random((2, 4, 3))
    row = blended(kind, answers / answers.sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(row.sum(axis=-1), 1, rtol=1e-6)


def test_an_unknown_strategy_is_refused():
    with pytest.raises(SegError, match=r"one of mean, gaussian, hann, centre, max, vote; got 'median'"):
        aggregation_named("median")
