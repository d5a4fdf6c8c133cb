"""Blocks fit the memory given."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_common.blocks.plan import block_shape_for


@pytest.mark.parametrize(
    ("budget", "block"),
    [
        (10**6, (100, 10, 20)),
        (400, (2, 10, 20)),  # two slices of 200 bytes
        (199, (1, 9, 20)),  # not even one slice: nine rows of 20
        (19, (1, 1, 19)),
        (0, (1, 1, 1)),
    ],
)
def test_slices_stay_whole_while_they_fit(budget, block):
    """The volume is split in z, then in y, then in x."""
    assert block_shape_for((100, 10, 20), 1, budget) == block


@given(st.tuples(*[st.integers(1, 50)] * 3), st.integers(1, 20), st.integers(1, 10**5))
def test_a_block_never_exceeds_volume_or_budget(shape, bytes_per_voxel, budget):
    """One voxel is the least that work can be done on."""
    block = block_shape_for(shape, bytes_per_voxel, budget)
    assert all(1 <= n <= most for n, most in zip(block, shape, strict=True))
    assert prod(block) == 1 or prod(block) * bytes_per_voxel <= budget
