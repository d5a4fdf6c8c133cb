"""Runs along x."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_eval.streaming import run_kernels


def runs_of(codes, room):
    """Find the runs with arrays that hold so many at one time, as a list for each row."""
    planes, rows, _ = codes.shape
    row_first = np.zeros(planes * rows + 1, np.int64)
    start, stop, code = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.uint16)
    found, row = [], 0
    while row < planes * rows:
        row_first[row] = 0
        after = run_kernels.find_runs(codes, row, row_first, start, stop, code)
        assert after > row
        for r in range(row, after):
            runs = slice(row_first[r], row_first[r + 1])
            found.append(list(zip(start[runs].tolist(), stop[runs].tolist(), code[runs].tolist(), strict=True)))
        row = after
    return found


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_runs_of_a_row(dtype):
    """A run ends at nothing, at another code and at the end of the row."""
    codes = np.array([[[3, 3, 0, 1, 2], [0, 0, 0, 0, 0], [5, 5, 5, 5, 5]]], dtype)
    assert runs_of(codes, 100) == [[(0, 2, 3), (3, 4, 1), (4, 5, 2)], [], [(0, 5, 5)]]


@given(
    seed=st.integers(0, 2**32 - 1),
    columns=st.integers(1, 40),
    nothing=st.sampled_from([0.0, 0.5, 0.95]),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    spare=st.integers(1, 50),
)
@settings(deadline=None, max_examples=60)
def test_runs_put_together_are_the_row(seed, columns, nothing, dtype, spare):
    """For rows of any length, which need not be a whole number of words, and however often the room runs out."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(1, 3, (2, 3, columns)).astype(dtype) * dtype(np.iinfo(dtype).max // 2)
    codes[rng.random(codes.shape) < nothing] = 0
    for row, runs in zip(codes.reshape(-1, columns), runs_of(codes, columns + spare), strict=True):
        again = np.zeros(columns, dtype)
        for start, stop, code in runs:
            assert start < stop
            assert not again[start:stop].any()
            again[start:stop] = code
        np.testing.assert_array_equal(again, row)
        assert all(a[1] < b[0] or a[2] != b[2] for a, b in pairwise(runs))
