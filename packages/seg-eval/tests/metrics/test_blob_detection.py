"""Which blobs are found, by size."""

import numpy as np

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.metrics.blob_detection import phase_detection
from seg_eval.streaming.component_pairs import StreamingComponentPairs


def detection(reference, prediction, class_index, unknown=9):
    reference, prediction = (np.array(row, np.uint8)[np.newaxis, np.newaxis] for row in (reference, prediction))
    region = Box.whole(reference.shape)
    streaming = StreamingComponentPairs(region, 1)
    codes = np.where(reference == unknown, 0, reference + 1).astype(np.uint8)
    for block in block_boxes(region, (1, 1, 3)):
        streaming.add(block, codes[block.slices()], (prediction + 1).astype(np.uint8)[block.slices()])
    return phase_detection(streaming.finish(), class_index)


def rows(bins):
    return [(b.from_voxels, b.below_voxels, b.blobs, b.touched, b.covered) for b in bins]


def test_blobs_by_hand():
    """Pores of 1 (missed), 2 (half found), 5 (one of five found) and 4 voxels (found); one invented pore of 1 voxel."""
    reference = [1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0]
    prediction = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1]
    found = detection(reference, prediction, 1)
    assert rows(found.reference) == [(1, 2, 1, 0, 0), (2, 4, 1, 1, 1), (4, 8, 2, 2, 1)]
    assert rows(found.prediction) == [(1, 2, 3, 2, 2), (2, 4, 0, 0, 0), (4, 8, 1, 1, 1)]


def test_unknown_voxels_neither_confirm_nor_deny():
    """A predicted pore half of which is unknown counts by its other half; one in unknown voxels only, not at all."""
    found = detection([9, 9, 1, 1, 0, 9], [1, 1, 1, 1, 0, 1], 1)
    assert rows(found.prediction) == [(1, 2, 0, 0, 0), (2, 4, 0, 0, 0), (4, 8, 1, 1, 1)]
    assert rows(found.reference) == [(1, 2, 0, 0, 0), (2, 4, 1, 1, 1)]


def test_a_class_without_blobs_has_no_bins():
    """Rather than a bin of nothing."""
    found = detection([0, 0], [0, 0], 1)
    assert (found.reference, found.prediction) == ([], [])
