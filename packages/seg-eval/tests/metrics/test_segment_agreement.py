"""VOI and adapted Rand on class maps and on components, against scikit-image on the whole volume."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label
from skimage.metrics import adapted_rand_error, variation_of_information

from seg_common.counting.contingency import contingency_table
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.metrics.segment_agreement import segment_agreement
from seg_eval.streaming.component_pairs import StreamingComponentPairs

NAMES = ["matrix", "fibre", "pore"]


def agreements(reference, prediction, connectivity, block_shape):
    """Reference 255 is unknown."""
    region = Box.whole(reference.shape)
    streaming = StreamingComponentPairs(region, connectivity)
    known = reference != 255
    codes = np.where(known, reference + 1, 0).astype(np.uint8)
    for block in block_boxes(region, block_shape):
        streaming.add(block, codes[block.slices()], (prediction + 1)[block.slices()])
    confusion = contingency_table(reference, prediction, 3, 255)
    found = segment_agreement(confusion, streaming.finish(), NAMES)
    return {(one.convention, one.class_name): one for one in found}


def components(classes, connectivity):
    return label(classes, background=-1, connectivity=connectivity)


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(2, 6)] * 3),
    block_shape=st.tuples(*[st.integers(1, 6)] * 3),
    connectivity=st.sampled_from([1, 2, 3]),
)
@settings(deadline=None, max_examples=40)
def test_every_convention_equals_scikit_image(seed, shape, block_shape, connectivity):
    """Within 1e-10 relative, some voxels unknown."""
    rng = np.random.default_rng(seed)
    reference = rng.integers(0, 3, shape).astype(np.uint8)
    prediction = np.where(rng.random(shape) < 0.8, reference, rng.integers(0, 3, shape)).astype(np.uint8)
    reference[rng.random(shape) < 0.1] = 255
    reference[0, 0, 0] = prediction[0, 0, 0] = 1
    known = reference != 255
    found = agreements(reference, prediction, connectivity, block_shape)
    truth = components(np.where(known, reference.astype(int), -1), connectivity)
    answer = components(prediction.astype(int), connectivity)
    pairs = {
        ("class_map", None): (reference[known].astype(int) + 1, prediction[known].astype(int) + 1),
        ("components", None): (truth[known], answer[known]),
    }
    for k, name in enumerate(NAMES):
        of_class = known & (reference == k)
        pairs["components_of_class", name] = (truth[of_class], np.where(prediction == k, answer, 0)[of_class])
    for key, (first, second) in pairs.items():
        result = found[key]
        assert result.voxels == first.size
        if not first.size:
            assert (result.voi_split, result.adapted_rand_error) == (None, None)
            continue
        split, merge = variation_of_information(first, second)
        assert (result.voi_split, result.voi_merge) == pytest.approx((split, merge), rel=1e-10, abs=1e-13)
        assert (result.reference_segments, result.predicted_segments) == (
            np.unique(first).size,
            np.unique(second).size,
        )
        if None not in (result.adapted_rand_precision, result.adapted_rand_recall):
            error, *_ = adapted_rand_error(first, second, ignore_labels=())
            assert result.adapted_rand_error == pytest.approx(error, rel=1e-10, abs=1e-13)


def test_the_background_of_the_reference_is_ignored():
    """Two pores, one missed: what is invented elsewhere does not change the agreement of the pores."""
    reference = np.zeros((1, 1, 9), np.uint8)
    reference[..., [1, 2, 5, 6]] = 2
    prediction = reference.copy()
    prediction[..., 5:7] = 0
    before = agreements(reference, prediction, 1, (1, 1, 4))["components_of_class", "pore"]
    prediction[..., 8] = 2
    after = agreements(reference, prediction, 1, (1, 1, 4))["components_of_class", "pore"]
    assert before == after
    assert (before.voxels, before.voi_split, before.voi_merge, before.adapted_rand_error) == (4, 0.0, 0.0, 0.0)
