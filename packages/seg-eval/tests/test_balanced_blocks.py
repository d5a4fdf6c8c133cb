from hypothesis import given
from hypothesis import strategies as st

from seg_eval.balanced_blocks import balanced_block_shape


@given(shape=st.tuples(*[st.integers(1, 300)] * 3), each=st.integers(1, 40), budget=st.integers(1, 10**6))
def test_blocks_fit_the_budget_and_need_no_more_of_them(shape, each, budget):
    """One voxel at the least; never more blocks than the largest block would need."""
    z, y, x = block = balanced_block_shape(shape, each, budget)
    assert all(1 <= side <= length for side, length in zip(block, shape, strict=True))
    assert z * y * x * each <= max(budget, each)


def test_slices_are_spread_evenly():
    """255 slices in blocks of at most 250: 128 and 127, not 250 and 5."""
    assert balanced_block_shape((255, 10, 10), 1, 25_000) == (128, 10, 10)
