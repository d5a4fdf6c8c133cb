"""Counts by cell and by slice, against numpy on the whole region."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.streaming.lattice import Lattice, coarser, lattice_for
from seg_eval.streaming.region_counts import PREDICTED, REFERENCE, RIGHT, RegionCounts

SHAPES = st.tuples(*[st.integers(1, 9)] * 3)


@given(seed=st.integers(0, 2**32 - 1), shape=SHAPES, block_shape=SHAPES, power=st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_cells_and_slices_hold_the_counts_of_their_voxels(seed, shape, block_shape, power):
    """Whatever the blocks, for cells of 1 to 8 voxels, some voxels unknown."""
    rng = np.random.default_rng(seed)
    reference, prediction = (rng.integers(low, 4, shape).astype(np.uint8) for low in (0, 1))
    region = Box(start=(5, 0, 100), shape=shape)
    counts = RegionCounts(region, 3)
    counts.lattice = Lattice(shape, 2**power)
    counts.cells = np.zeros((*counts.lattice.shape, 3, 3), np.int64)
    for block in block_boxes(region, block_shape):
        inside = block.shifted((-5, 0, -100)).slices()
        counts.add(block, *(np.ascontiguousarray(codes[inside]) for codes in (reference, prediction)))
    for r in range(3):
        of_class = reference == r + 1
        for p in range(3):
            both = (of_class & (prediction == p + 1)).astype(np.int64)
            np.testing.assert_array_equal(counts.cells[..., r, p], coarser(both, 2**power))
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            slices = counts.slices[axis][:, r]
            np.testing.assert_array_equal(slices[:, REFERENCE], of_class.sum(axis=others))
            predicted = (prediction == r + 1) & (reference > 0)
            np.testing.assert_array_equal(slices[:, PREDICTED], predicted.sum(axis=others))
            np.testing.assert_array_equal(slices[:, RIGHT], (of_class & (prediction == r + 1)).sum(axis=others))


def test_a_lattice_depends_on_region_and_classes_only():
    """32 cells along each axis of a cube; fewer with many classes; slices have cells of their own."""
    assert lattice_for((1, 1, 1), 3) == Lattice((1, 1, 1), 1)
    assert lattice_for((512, 512, 512), 3).shape == (32, 32, 32)
    assert lattice_for((1, 2048, 2048), 3).shape == (1, 128, 128)
    assert lattice_for((2000, 2000, 2000), 255).shape == (2, 2, 2)
