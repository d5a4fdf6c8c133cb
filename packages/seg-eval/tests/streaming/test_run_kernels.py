"""Runs along x and their components inside one block."""

import numpy as np
import pytest

from seg_eval.streaming import run_kernels


def runs_of(codes):
    planes, rows, _ = codes.shape
    row_first = np.empty(planes * rows + 1, np.int64)
    count = run_kernels.count_runs(codes, row_first)
    start, stop, code = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.uint16)
    run_kernels.fill_runs(codes, row_first, start, stop, code)
    return row_first, start, stop, code


def components_of(codes, connectivity):
    planes, rows, _ = codes.shape
    runs = runs_of(codes)
    component = np.empty(runs[1].size, np.int64)
    count = run_kernels.join_runs(planes, rows, connectivity, *runs, component)
    return count, component.tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_runs_of_a_row(dtype):
    """A run ends at nothing, at another code and at the end of the row."""
    codes = np.array([[[3, 3, 0, 1, 2], [0, 0, 0, 0, 0], [5, 5, 5, 5, 5]]], dtype)
    row_first, start, stop, code = runs_of(codes)
    assert row_first.tolist() == [0, 3, 3, 4]
    assert list(zip(start.tolist(), stop.tolist(), code.tolist(), strict=True)) == [
        (0, 2, 3),
        (3, 4, 1),
        (4, 5, 2),
        (0, 5, 5),
    ]


@pytest.mark.parametrize(("connectivity", "expected"), [(1, (4, [0, 1, 2, 3])), (2, (2, [0, 1, 1, 0]))])
def test_codes_that_change_places_touch_across_the_corner(connectivity, expected):
    """Rows 1 1 2 2 and 2 2 1 1: both codes join diagonally, although their runs end in the same column."""
    codes = np.array([[[1, 1, 2, 2], [2, 2, 1, 1]]], np.uint8)
    assert expected == components_of(codes, connectivity)


def test_components_are_numbered_by_their_first_run():
    """Two runs that only a later row joins get the number of the first."""
    codes = np.array([[[1, 0, 1, 0, 1], [0, 0, 1, 1, 1]]], np.uint8)
    assert components_of(codes, 1) == (2, [0, 1, 1, 1])
