import numpy as np
import pytest

from seg_common.errors import SegError
from seg_eval.prediction.aggregation import AGGREGATIONS, aggregation_named


def test_mean_weighs_all_alike():
    np.testing.assert_array_equal(aggregation_named("mean").window(5), np.ones(5, np.float32))


def test_gaussian_trusts_the_middle_and_never_vanishes():
    window = aggregation_named("gaussian").window(64)
    assert window.argmax() in (31, 32)
    np.testing.assert_array_equal(window, window[::-1])
    assert 1e-4 < window[0] < 1e-3


@pytest.mark.parametrize("kind", AGGREGATIONS)
def test_a_strategy_knows_its_name(kind):
    assert aggregation_named(kind).kind == kind


def test_an_unknown_strategy_is_refused():
    with pytest.raises(SegError, match=r"one of mean, gaussian; got 'median'"):
        aggregation_named("median")
