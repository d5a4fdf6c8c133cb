"""Runs become blobs, and blobs are merged."""

import numpy as np
import pytest

from seg_eval.streaming import run_kernels, table_kernels
from seg_eval.streaming.table_kernels import FIRST, START, STOP, SUMS, VOXELS, WIDE


def table_of(rows):
    """Rows of voxels, box start, box stop, coordinate sums, first voxel."""
    wide = np.zeros((len(rows), WIDE), np.int64)
    narrow = wide.view(np.int32)
    for place, (voxels, start, stop, sums, first) in enumerate(rows):
        wide[place, VOXELS], wide[place, FIRST] = voxels, first
        wide[place, SUMS : SUMS + 3] = sums
        narrow[place, START : START + 3], narrow[place, STOP : STOP + 3] = start, stop
    return wide, narrow


def labelled(codes, connectivity):
    """Root of the blob of every run, and the roots, counted from 1."""
    planes, rows, _ = codes.shape
    row_first = np.zeros(planes * rows + 1, np.int64)
    start, stop, code = np.empty(100, np.int32), np.empty(100, np.int32), np.empty(100, np.uint16)
    run_kernels.find_runs(codes, 0, row_first, start, stop, code)
    blob, parent, origin = np.empty(100, np.uint32), np.empty(100, np.uint32), np.zeros(3, np.int64)
    wide, narrow = table_of([(0, 0, 0, 0, 0)] * 100)
    row, count = table_kernels.label_runs(
        0,
        planes * rows,
        rows,
        connectivity,
        row_first,
        start,
        stop,
        code,
        blob,
        origin,
        origin,
        np.array(codes.shape),
        0,
        wide,
        narrow,
        np.empty(100, np.uint16),
        parent,
    )
    assert row == planes * rows
    left = table_kernels.merge_joined(count, wide, narrow, np.empty(100, np.uint16), parent)
    numbers = blob[: row_first[-1]]
    table_kernels.rename(numbers, parent)
    return left, numbers.tolist()


@pytest.mark.parametrize(("connectivity", "expected"), [(1, (4, [1, 2, 3, 4])), (2, (2, [1, 2, 2, 1]))])
def test_codes_that_change_places_touch_across_the_corner(connectivity, expected):
    """Rows 1 1 2 2 and 2 2 1 1: both codes join diagonally, although their runs end in the same column."""
    assert expected == labelled(np.array([[[1, 1, 2, 2], [2, 2, 1, 1]]], np.uint8), connectivity)


def test_blobs_are_numbered_by_their_first_run():
    """Two runs that only a later row joins get the number of the first."""
    assert labelled(np.array([[[1, 0, 1, 0, 1], [0, 0, 1, 1, 1]]], np.uint8), 1) == (2, [1, 2, 2, 2])


def test_joined_rows_are_merged_and_gaps_closed():
    """Rows 0, 1 and 3 are one blob: sizes and sums add up, boxes grow, row 2 moves up."""
    wide, narrow = table_of(
        [
            (1, (5, 5, 5), (6, 6, 6), (5, 5, 5), 50),
            (2, (5, 6, 5), (6, 7, 7), (10, 12, 11), 40),
            (7, (0, 0, 0), (1, 1, 7), (0, 0, 21), 0),
            (4, (4, 7, 6), (6, 8, 8), (20, 28, 26), 60),
        ]
    )
    expected, _ = table_of([(7, (4, 5, 5), (6, 8, 8), (35, 45, 42), 40), (7, (0, 0, 0), (1, 1, 7), (0, 0, 21), 0)])
    code, parent = np.array([1, 1, 2, 1], np.uint16), np.array([0, 0, 2, 1], np.uint32)
    assert table_kernels.merge_joined(4, wide, narrow, code, parent) == 2
    np.testing.assert_array_equal(wide[:2], expected)
    assert code[:2].tolist() == [1, 2]
    assert parent.tolist() == [0, 0, 1, 0]


def test_numbers_follow_the_new_ids():
    """A number is an id plus one; nothing stays nothing."""
    numbers = np.array([0, 1, 2, 3, 4, 0], np.uint32)
    table_kernels.rename(numbers, np.array([0, 0, 1, 0], np.uint32))
    assert numbers.tolist() == [0, 1, 1, 2, 1, 0]
    marked = np.zeros(3, np.bool_)
    table_kernels.mark(numbers, marked)
    assert marked.tolist() == [True, True, False]
