"""Components of two volumes and their overlaps, against scikit-image on the whole volume."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.streaming.component_pairs import StreamingComponentPairs

SHAPES = st.tuples(*[st.integers(1, 7)] * 3)


def overlaps(reference, prediction, connectivity, block_shape):
    region = Box.whole(reference.shape)
    streaming = StreamingComponentPairs(region, connectivity)
    for block in block_boxes(region, block_shape):
        streaming.add(block, reference[block.slices()], prediction[block.slices()])
    return streaming.finish()


def rows_of(codes, connectivity):
    """Row of each voxel's component, in the order of first voxels; -1 for nothing."""
    numbers = label(codes, background=0, connectivity=connectivity)
    found, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    rank = np.empty(found.size, int)
    order = np.argsort(first)
    order = order[found[order] != 0]
    rank[:] = -1
    rank[order] = np.arange(order.size)
    return rank[inverse].reshape(codes.shape)


@given(seed=st.integers(0, 2**32 - 1), shape=SHAPES, block_shape=SHAPES, connectivity=st.sampled_from([1, 2, 3]))
@settings(deadline=None, max_examples=100)
def test_any_block_shape_gives_the_overlaps_of_the_whole_volume(seed, shape, block_shape, connectivity):
    """Down to blocks of one voxel, with voxels of nothing on either side."""
    rng = np.random.default_rng(seed)
    reference = rng.integers(0, 3, shape).astype(np.uint8)
    prediction = np.where(rng.random(shape) < 0.7, reference, rng.integers(0, 3, shape)).astype(np.uint8)
    found = overlaps(reference, prediction, connectivity, block_shape)
    rows = [rows_of(codes, connectivity).ravel() for codes in (reference, prediction)]
    expected = Counter((a, b) for a, b in zip(*(side.tolist() for side in rows), strict=True) if a >= 0 and b >= 0)
    pairs = zip(found.pairs.reference.tolist(), found.pairs.prediction.tolist(), strict=True)
    assert dict(zip(pairs, found.pairs.voxels.tolist(), strict=True)) == dict(expected)
    assert found.reference.voxels.tolist() == np.bincount(rows[0][rows[0] >= 0]).tolist()
    assert found.prediction.voxels.tolist() == np.bincount(rows[1][rows[1] >= 0]).tolist()


def test_overlaps_follow_blobs_that_join_late():
    """Two arms of the reference meet in the last of many blocks; the table is closed up on the way."""
    reference = np.zeros((40, 1, 200), np.uint8)
    reference[:, 0, ::2] = 1
    reference[-1] = 1
    prediction = np.ones_like(reference)
    found = overlaps(reference, prediction, 1, (1, 1, 64))
    assert (found.reference.voxels.size, found.prediction.voxels.size) == (1, 1)
    assert found.pairs.voxels.tolist() == [39 * 100 + 200]


def test_memory_holds_no_row_for_components_that_have_finished():
    """8000 single voxels on each side, one plane after another: the tables stay small, the pairs are listed."""
    labels = (np.indices((40, 20, 20)).sum(0) % 2).astype(np.uint8)
    streaming = StreamingComponentPairs(Box.whole(labels.shape), 1)
    for block in block_boxes(Box.whole(labels.shape), (1, 20, 20)):
        streaming.add(block, labels[block.slices()], labels[block.slices()])
    assert streaming._reference._table.parent.size <= 1024
    assert len(streaming._table._slots) <= 4096
    found = streaming.finish()
    assert found.pairs.reference.tolist() == found.pairs.prediction.tolist() == list(range(8000))
