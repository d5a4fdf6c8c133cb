"""Grey levels against numpy's quantiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seg_data import grey_range as module
from seg_data.array_in_memory import ArrayInMemory
from seg_data.grey_range import PERCENTAGES, grey_range

SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)


def expected(array):
    """The smallest level that so many percent do not exceed."""
    return np.quantile(array.astype(np.float64), np.array(PERCENTAGES) / 100, method="inverted_cdf")


def test_by_hand():
    """Of 1 … 200, one half does not exceed 100, and 0.5 % is one voxel."""
    found = grey_range(ArrayInMemory(np.arange(1, 201, dtype=np.uint8).reshape(2, 10, 10)))
    assert (found.low, found.high, found.not_finite) == (1, 200, 0)
    assert found.percentiles == {0.5: 1, 5: 10, 50: 100, 95: 190, 99.5: 199}


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["uint8", "int8", "uint16", "int16", "float16"]))
def test_short_types_are_exact(data, dtype):
    """Whatever the blocks."""
    elements = {"allow_nan": False, "allow_infinity": False} if dtype == "float16" else {}
    array = data.draw(hnp.arrays(dtype, SHAPES, elements=elements))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", data.draw(st.integers(1, 2000)))
        found = grey_range(ArrayInMemory(array))
    assert (found.low, found.high) == (array.min(), array.max())
    assert list(found.percentiles.values()) == expected(array).tolist()


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["uint32", "int32", "float32", "float64"]))
def test_long_types_are_exact_to_a_share(data, dtype):
    """The relative error is at most 2**-12, and integers stay whole numbers."""
    bounds = {"min_value": -(2.0**100), "max_value": 2.0**100} if dtype.startswith("float") else {}
    array = data.draw(hnp.arrays(dtype, SHAPES, elements=bounds))
    array = np.where(np.abs(array.astype(float)) < 1e-30, 0, array).astype(dtype)
    found = grey_range(ArrayInMemory(array))
    assert (found.low, found.high) == (array.min(), array.max())
    levels = np.array(list(found.percentiles.values()))
    np.testing.assert_allclose(levels, expected(array), rtol=2**-12, atol=0 if dtype.startswith("float") else 0.5)
    if not dtype.startswith("float"):
        assert (levels == np.round(levels)).all()


def test_voxels_without_a_grey_level():
    """NaN and infinities are counted apart; a volume of nothing else has no range."""
    array = np.array([[[np.nan, 1.0, np.inf, -2.0]]], np.float32)
    found = grey_range(ArrayInMemory(array))
    assert (found.low, found.high, found.not_finite) == (-2, 1, 2)
    done = []
    found = grey_range(ArrayInMemory(np.full((2, 2, 2), np.nan)), done.append)
    assert (found.low, found.high, found.percentiles, found.not_finite, sum(done)) == (0, 0, {}, 8, 8)
