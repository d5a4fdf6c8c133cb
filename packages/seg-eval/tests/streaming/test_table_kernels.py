"""Statistics of components, and what is left when they are merged."""

import numpy as np

from seg_eval.streaming import table_kernels
from seg_eval.streaming.table_kernels import TABLE_COLUMNS


def test_joined_rows_are_merged_and_gaps_closed():
    """Rows 0, 1 and 3 are one blob: sizes and sums add up, boxes grow, row 2 moves up."""
    table = np.array(
        [
            [1, 5, 5, 5, 6, 6, 6, 5, 5, 5, 50],
            [2, 5, 6, 5, 6, 7, 7, 10, 12, 11, 40],
            [7, 0, 0, 0, 1, 1, 7, 0, 0, 21, 0],
            [4, 4, 7, 6, 6, 8, 8, 20, 28, 26, 60],
        ]
    )
    code, parent = np.array([1, 1, 2, 1], np.uint16), np.array([0, 0, 2, 1])
    assert table.shape[1] == TABLE_COLUMNS
    assert table_kernels.merge_joined(4, table, code, parent) == 2
    assert table[0].tolist() == [7, 4, 5, 5, 6, 8, 8, 35, 45, 42, 40]
    assert table[1].tolist() == [7, 0, 0, 0, 1, 1, 7, 0, 0, 21, 0]
    assert code[:2].tolist() == [1, 2]
    assert parent.tolist() == [0, 0, 1, 0]


def test_faces_follow_the_new_numbers():
    """A face holds ids plus one; nothing stays nothing."""
    face = np.array([[0, 1, 2], [3, 4, 0]], np.uint32)
    table_kernels.rename_face(face, np.array([0, 0, 1, 0]))
    assert face.tolist() == [[0, 1, 1], [2, 1, 0]]
