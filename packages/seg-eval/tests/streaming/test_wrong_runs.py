"""Runs of wrong voxels, and what each kind of error makes of them, against the voxels."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.streaming import raster_order, wrong_runs
from seg_eval.streaming.run_kernels import ANY, INVENTED, MISSED
from seg_eval.streaming.wrong_runs import find_wrong_runs


def painted(runs, kind, across, n_codes, room):
    """Write the runs of one kind on a volume, found with arrays that hold so many at one time."""
    planes, rows, columns = runs.block.shape
    codes = np.zeros((planes * rows, columns), int)
    find = runs.of_kind(kind, across, n_codes)
    row_first = np.zeros(planes * rows + 1, np.int64)
    start, stop, code = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.uint16)
    row = 0
    while row < planes * rows:
        row_first[row] = 0
        after = find(row, row_first, start, stop, code)
        assert after > row
        for r in range(row, after):
            found = [(start[k], stop[k], code[k]) for k in range(row_first[r], row_first[r + 1])]
            for first, end, value in found:
                assert not codes[r, first:end].any()
                codes[r, first:end] = value
            # Runs of one code that touch are one run.
            assert all(a[1] < b[0] or a[2] != b[2] for a, b in pairwise(found))
        row = after
    return codes.reshape(planes, rows, columns)


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 30)),
    across=st.sampled_from([-1, 0, 1, 2]),
    spare=st.integers(1, 40),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
@settings(deadline=None, max_examples=60)
def test_every_kind_is_made_of_the_voxels_that_numpy_finds(seed, shape, across, spare, dtype):
    """Missed, invented, any, and either for a class; odd slices get codes of their own; unknown voxels are never wrong."""
    rng = np.random.default_rng(seed)
    reference, prediction = rng.integers(0, 4, shape).astype(dtype), rng.integers(1, 4, shape).astype(dtype)
    start = (3, 0, 5)
    block = Box(start=start, shape=shape)
    wrong = (reference != prediction) & (reference > 0)
    odd = np.zeros(shape, bool) if across < 0 else (np.indices(shape)[across] + start[across]) % 2 == 1
    (runs,) = find_wrong_runs(block, block, reference, prediction)
    kinds = [(MISSED, 3, reference), (INVENTED, 3, prediction), (ANY, 1, np.ones(shape, int))]
    kinds += [(k, 1, ((reference == k) | (prediction == k)).astype(int)) for k in (1, 2, 3)]
    for kind, n_codes, codes in kinds:
        expected = codes.astype(int) * wrong
        expected[(expected > 0) & odd] += n_codes
        np.testing.assert_array_equal(painted(runs, kind, across, n_codes, shape[2] + spare), expected)


@pytest.mark.parametrize("block_shape", [(7, 4, 10), (3, 4, 10), (7, 2, 10), (2, 3, 4)])
def test_blocks_with_many_errors_fall_into_thin_ones(block_shape, monkeypatch):
    """In raster order, and nothing is lost."""
    monkeypatch.setattr(wrong_runs, "RUNS_AT_ONCE", 20)
    monkeypatch.setattr(raster_order.thin_blocks, "__defaults__", (20,))
    rng = np.random.default_rng(1)
    reference, prediction = rng.integers(1, 3, (2, 7, 4, 10)).astype(np.uint8)
    region = Box.whole(reference.shape)
    missed, parts = np.zeros(region.shape, int), 0
    for block in block_boxes(region, block_shape):
        for runs in find_wrong_runs(block, region, reference[block.slices()], prediction[block.slices()]):
            missed[runs.block.slices()] += painted(runs, MISSED, -1, 2, 100)
            parts += 1
    np.testing.assert_array_equal(missed, np.where(reference == prediction, 0, reference))
    assert parts > len(list(block_boxes(region, block_shape))) or block_shape == (2, 3, 4)
