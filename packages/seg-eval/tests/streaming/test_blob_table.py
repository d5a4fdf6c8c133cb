"""A table of blobs as flat arrays."""

import numpy as np

from seg_eval.streaming.streaming_blobs import label_blobs


def test_columns_have_the_declared_types():
    """A caller may rely on the dtypes."""
    table = label_blobs(np.ones((1, 2, 3), np.uint8), 1)
    assert np.uint16 == table.code.dtype
    assert np.int32 == table.box_start.dtype == table.box_stop.dtype
    assert np.int64 == table.voxels.dtype == table.coordinate_sums.dtype == table.first_voxel.dtype


def test_centre_and_sides():
    """An L of three voxels: its centre is the mean of (0,0,0), (0,1,0) and (0,1,1)."""
    table = label_blobs(np.array([[[1, 0], [1, 1]]], np.uint8), 1)
    assert table.centroid.tolist() == [[0.0, 2 / 3, 1 / 3]]
    assert table.sides.tolist() == [[1, 2, 2]]


def test_chosen_rows_share_no_memory():
    """A sub-table is a copy, in the order of the table."""
    table = label_blobs(np.array([[[1, 0, 2, 2, 0, 1, 1, 1]]], np.uint8), 1)
    ones = table.of_code(1)
    assert ones.voxels.tolist() == [1, 3]
    ones.voxels[:] = 0
    assert table.voxels.tolist() == [1, 2, 3]
    assert len(table.of_code(7)) == 0
