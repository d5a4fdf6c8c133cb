"""Error blobs within slices, against scipy on each slice of the whole volume."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.metrics.slice_error_blobs import StreamingSliceErrorBlobs
from seg_eval.streaming.wrong_runs import find_wrong_runs

SHAPES = st.tuples(*[st.integers(1, 6)] * 3)


def tables(reference, prediction, axis, n_classes, connectivity, block_shape, start=(0, 0, 0)):
    region = Box(start=start, shape=reference.shape)
    streaming = StreamingSliceErrorBlobs(region, axis, n_classes, connectivity)
    codes = [(side + 1).astype(np.uint8) for side in (reference, prediction)]
    for block in block_boxes(region, block_shape):
        inside = block.shifted(tuple(-s for s in start)).slices()
        for task in streaming.tasks(find_wrong_runs(block, region, *(side[inside] for side in codes))):
            task()
    return streaming.finish()


def require_equal(found, mask, axis, connectivity):
    """Count, total and largest of each slice, and all sizes."""
    structure = ndimage.generate_binary_structure(2, min(connectivity, 2))
    sizes = []
    for place, plane in enumerate(np.moveaxis(mask, axis, 0)):
        numbers, count = ndimage.label(plane, structure)
        voxels = np.bincount(numbers.ravel())[1:]
        assert (found.count[place], found.total[place]) == (count, voxels.sum())
        assert found.largest[place] == voxels.max(initial=0)
        sizes.extend(voxels.tolist())
    expected, counts = np.unique(np.array(sizes, int), return_counts=True)
    assert (found.sizes.tolist(), found.size_counts.tolist()) == (expected.tolist(), counts.tolist())


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=SHAPES,
    block_shape=SHAPES,
    axis=st.sampled_from([0, 1, 2]),
    connectivity=st.sampled_from([1, 2, 3]),
    n_classes=st.integers(2, 3),
)
@settings(deadline=None, max_examples=60)
def test_every_slice_has_the_blobs_that_scipy_finds(seed, shape, block_shape, axis, connectivity, n_classes):
    """FP, FN, both and pooled, across each axis, for any blocks and a region that begins at odd places."""
    rng = np.random.default_rng(seed)
    reference, prediction = rng.integers(0, n_classes, (2, *shape))
    found = tables(reference, prediction, axis, n_classes, connectivity, block_shape, (1, 2, 5))
    wrong = reference != prediction
    require_equal(found.pooled, wrong, axis, connectivity)
    for k in range(n_classes):
        require_equal(found.fp[k], wrong & (prediction == k), axis, connectivity)
        require_equal(found.fn[k], wrong & (reference == k), axis, connectivity)
        require_equal(found.both[k], wrong & ((prediction == k) | (reference == k)), axis, connectivity)


def test_statistics_by_hand():
    """Two slices with errors: blobs of 3, 1 and 2 voxels missed."""
    reference = np.zeros((3, 1, 6), int)
    reference[0, 0, :3] = reference[0, 0, 5] = reference[2, 0, 1:3] = 1
    fn = tables(reference, np.zeros_like(reference), 0, 2, 1, (1, 1, 2)).of_class(1).fn
    assert (fn.count, fn.total, fn.min, fn.max, fn.mean, fn.slices_with_blobs) == (3, 6, 1, 3, 2.0, 2)
    assert (fn.percentiles.p5, fn.percentiles.p50, fn.percentiles.p95) == (1, 2, 3)
    none = tables(reference, reference, 0, 2, 1, (1, 1, 2)).of_class(1).fn
    assert (none.count, none.min, none.mean, none.percentiles) == (0, None, None, None)


def test_so_many_classes_that_bytes_are_too_small_for_their_codes():
    """200 classes have 400 codes by parity."""
    reference, prediction = np.full((2, 2, 1, 2), 199)
    prediction[:] = 0
    found = tables(reference, prediction, 0, 200, 1, (2, 1, 2))
    assert found.fn[199].count.tolist() == [1, 1]
    assert sum(one.count.sum() for one in found.fn) == 2


def test_memory_does_not_grow_with_the_number_of_blobs():
    """A checkerboard of 32 000 blobs in a stack of slices; the table never holds more than a few slices of them."""
    region = Box.whole((80, 20, 40))
    streaming = StreamingSliceErrorBlobs(region, 2, 2, 1)
    for block in block_boxes(region, (4, 20, 40)):
        wrong = (np.indices(block.shape).sum(0) % 2).astype(np.uint8)
        for task in streaming.tasks(find_wrong_runs(block, region, np.ones_like(wrong), 1 + wrong)):
            task()
    assert streaming._pooled._blobs._table.parent.size < 20_000
    assert streaming.finish().pooled.count.sum() == 32_000
