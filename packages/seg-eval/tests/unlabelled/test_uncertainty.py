import numpy as np
import pytest

from seg_common.geometry.box import Box
from seg_eval.streaming.probability_counts import StreamingProbabilities
from seg_eval.unlabelled.uncertainty import uncertainty

SURE, HALF, LOW = (1.0, 0.0), (0.5, 0.5), (0.74, 0.26)
ENTROPY = {SURE: 0.0, HALF: 1.0, LOW: -(0.74 * np.log2(0.74) + 0.26 * np.log2(0.26))}


def counted(rows, start=(0, 0, 0)):
    """Two slices of one row: probabilities of each voxel."""
    p = np.array(rows)[:, np.newaxis]
    region = Box(start=start, shape=p.shape[:3])
    counts = StreamingProbabilities(region, p.shape[-1])
    counts.add(region, p)
    return counts


def test_doubt_by_hand():
    """z = 5 holds a sure voxel and a guess, z = 6 two that fall just short of the limit, one of them of class 1."""
    found = uncertainty(counted([[SURE, HALF], [LOW, LOW[::-1]]], start=(5, 0, 0)), ["a", "b"])
    assert found.mean_entropy == pytest.approx((1 + 2 * ENTROPY[LOW]) / 4, abs=1e-6)
    assert found.low_confidence_share == 3 / 4
    # Of a guess the first class is the answer.
    assert found.low_confidence_by_class == {"a": 2 / 3, "b": 1.0}
    (z, x) = found.axes
    assert (z.axis, z.most_at) == ("z", 6)
    assert z.most == pytest.approx(ENTROPY[LOW], abs=1e-6)
    assert (z.least, z.median) == (pytest.approx(0.5), pytest.approx((0.5 + ENTROPY[LOW]) / 2, abs=1e-6))
    assert (x.axis, x.most_at) == ("x", 1)


def test_three_quarters_are_enough():
    found = uncertainty(counted([[(0.75, 0.25)]]), ["a", "b"])
    assert found.low_confidence_share == 0
    assert found.low_confidence_by_class == {"a": 0.0, "b": None}
    assert found.axes == []
