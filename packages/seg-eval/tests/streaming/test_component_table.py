"""The growing table of components."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.streaming import component_table
from seg_eval.streaming.blob_table import BlobTable
from seg_eval.streaming.component_table import ComponentTable
from seg_eval.streaming.streaming_blobs import StreamingBlobs


def table_of(first_voxels, capacity=4):
    table = ComponentTable(capacity)
    table.reserve(len(first_voxels), ())
    for row, first in enumerate(first_voxels):
        table.wide[row] = [1, 0, 0, first, first, 0, 0, 0]
        table.narrow[row, 10:] = [0, 0, first, 1, 1, first + 1]
        table.code[row], table.parent[row] = row + 1, row
    table.count = len(first_voxels)
    return table


def test_room_is_made_by_closing_up_before_the_table_grows():
    """Three of four rows belong to one blob, so two more fit."""
    table = table_of([0, 1, 2, 3])
    table.parent[1:3] = 0
    face = np.array([[4]], np.uint32)
    table.reserve(1, (face,))
    assert (table.count, table.parent.size) == (2, 4)
    assert face.tolist() == [[2]]
    assert table.wide[:2, 0].tolist() == [3, 1]


def test_the_table_keeps_its_rows_when_it_grows():
    """Growing moves nothing and changes no id."""
    table = table_of([3, 5, 7])
    table.reserve(100, ())
    assert table.count == 3
    assert 103 <= table.parent.size == len(table.wide) == len(table.narrow) == table.code.size
    assert table.to_blob_table().first_voxel.tolist() == [3, 5, 7]


def test_blobs_are_ordered_by_their_first_voxel():
    """Blobs that came in another order are sorted with all their columns."""
    blobs = table_of([8, 2, 5]).to_blob_table()
    assert blobs.first_voxel.tolist() == [2, 5, 8]
    assert blobs.code.tolist() == [2, 3, 1]
    assert blobs.box_start.tolist() == [[0, 0, 2], [0, 0, 5], [0, 0, 8]]


def test_more_blobs_than_faces_can_name_are_refused(monkeypatch):
    """The limit is an error, never a wrong id."""
    monkeypatch.setattr(component_table, "MAX_COMPONENTS", 5)
    with pytest.raises(VolumeError, match="at most 5 blobs; got 6"):
        table_of([0, 1, 2]).reserve(3, ())


def test_finished_blobs_leave_the_table_and_none_is_lost():
    """Memory stays that of the blobs under way: 20 000 single voxels, in blocks of one slice."""
    taken = []
    region = Box.whole((50, 40, 40))
    blobs = StreamingBlobs(region, 1, retired=taken.append)
    checkerboard = (np.indices(region.shape).sum(0) % 2).astype(np.uint8)
    for block in block_boxes(region, (1, 40, 40)):
        blobs.add(block, checkerboard[block.slices()])
    assert len(blobs.finish()) == 0
    assert blobs._table.parent.size < 10_000
    assert np.array_equal(np.sort(BlobTable.joined(taken).first_voxel), np.flatnonzero(checkerboard))


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    block_shape=st.tuples(*[st.integers(1, 6)] * 3),
    connectivity=st.sampled_from([1, 2, 3]),
)
@settings(deadline=None, max_examples=60)
def test_retired_blobs_are_those_of_the_table(seed, shape, block_shape, connectivity):
    """The same blobs, whether they are kept to the end or handed out as they finish."""
    codes = np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint8)
    taken = []
    region = Box.whole(shape)
    kept = StreamingBlobs(region, connectivity)
    handed = StreamingBlobs(region, connectivity, retired=taken.append)
    handed._table._resize(1)
    for block in block_boxes(region, block_shape):
        kept.add(block, codes[block.slices()])
        handed.add(block, codes[block.slices()])
    handed.finish()
    expected, found = kept.finish(), BlobTable.joined([BlobTable.empty(), *taken])
    found = found.rows(np.argsort(found.first_voxel))
    for field in fields(BlobTable):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(expected, field.name))


def test_finished_blobs_get_ids_that_never_change():
    """Of four rows one is on a face; the others are handed out in their order and count down from -1."""
    told, taken = [], []
    table = table_of([0, 1, 2, 3])
    table._renamed, table._retired = lambda new_ids: told.append(new_ids.tolist()), taken.append
    table.parent[1] = 0
    face = np.array([[3]], np.uint32)
    table.close_up((face,))
    assert (face.tolist(), told, table.count) == ([[1]], [[-1, -1, 0, -2]], 1)
    assert taken[0].first_voxel.tolist() == [0, 3]
    table.close_up(())
    assert told[1:] == [[-3]]
