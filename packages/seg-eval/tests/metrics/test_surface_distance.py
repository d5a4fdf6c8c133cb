"""Surface distances and boundary Jaccard, against distance transforms of scipy on the whole volume."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.metrics.surface_distance import StreamingSurfaces


def streamed(reference, prediction, voxel_size, block_shape, n_classes=2):
    """Codes: class plus one, 0 unknown in both."""
    region = Box.whole(reference.shape)
    surfaces = StreamingSurfaces(n_classes, voxel_size)
    for block in block_boxes(region, block_shape):
        grown = block.grown(surfaces.halo).intersection(region)
        inside = grown.slices()
        surfaces.add(block, grown, *(np.ascontiguousarray(codes[inside]) for codes in (reference, prediction)))
    return surfaces


def surface(codes, code):
    """Voxels of a class with a known neighbour of another class, by shifting the whole volume."""
    padded = np.pad(codes, 1)
    touching = np.zeros(codes.shape, bool)
    for axis in range(3):
        for step in (-1, 1):
            neighbour = np.roll(padded, step, axis)[1:-1, 1:-1, 1:-1]
            touching |= (neighbour != code) & (neighbour != 0)
    return touching & (codes == code)


def distances(source, target, voxel_size):
    if not target.any():
        return np.full(np.count_nonzero(source), np.inf)
    return ndimage.distance_transform_edt(~target, sampling=voxel_size)[source]


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 6), st.integers(1, 14), st.integers(1, 30)),
    block_shape=st.tuples(*[st.integers(2, 9)] * 3),
    voxel_size=st.sampled_from([(1.0, 1.0, 1.0), (3.0, 1.0, 1.0), (0.5, 2.0, 0.7)]),
)
@settings(deadline=None, max_examples=30)
def test_any_block_shape_gives_the_distances_of_scipy(seed, shape, block_shape, voxel_size):
    """Anisotropic voxels, unknown voxels, surfaces out of reach, down to a single voxel."""
    rng = np.random.default_rng(seed)
    level = ndimage.gaussian_filter(rng.random(shape), 1.5)
    reference = (level > np.quantile(level, 0.7)).astype(np.uint8) + 1
    prediction = np.roll(reference, rng.integers(0, 4), 2)
    unknown = rng.random(shape) < 0.03
    reference[unknown] = prediction[unknown] = 0
    found = streamed(reference, prediction, voxel_size, block_shape)
    for k in range(2):
        first, second = surface(reference, k + 1), surface(prediction, k + 1)
        scores = found.scores(k, "um")
        assert (scores.reference_voxels, scores.predicted_voxels) == (first.sum(), second.sum())
        if not first.any() or not second.any():
            assert (scores.mean_distance, scores.distance_95) == (None, None)
        else:
            both = [distances(first, second, voxel_size), distances(second, first, voxel_size)]
            beyond = np.concatenate(both) > found.reach * (1 + 1e-9)
            assert scores.share_beyond_reach == pytest.approx(beyond.mean())
            assert scores.mean_distance == pytest.approx(np.concatenate(both).clip(0, found.reach).mean())
            worst = max(np.percentile(side, 95, method="inverted_cdf") for side in both)
            assert scores.distance_95 == (pytest.approx(worst) if worst <= found.reach * (1 + 1e-9) else None)
        bands = [
            (codes == k + 1)
            & (distances(np.ones(shape, bool), rim, voxel_size).reshape(shape) <= scores.band * (1 + 1e-9))
            for codes, rim in ((reference, first), (prediction, second))
        ]
        union = (bands[0] | bands[1]).sum()
        assert scores.boundary_jaccard == ((bands[0] & bands[1]).sum() / union if union else None)


def test_a_plane_that_moved_by_two_voxels():
    """Both surfaces of class 1 are planes two voxels of 3 µm apart; nothing lies out of reach."""
    reference = np.ones((12, 4, 4), np.uint8)
    reference[:5] = 2
    prediction = np.ones((12, 4, 4), np.uint8)
    prediction[:7] = 2
    scores = streamed(reference, prediction, (3.0, 3.0, 3.0), (2, 3, 4)).scores(1, "µm")
    assert (scores.mean_distance, scores.distance_95, scores.share_beyond_reach) == (6.0, 6.0, 0.0)
    assert (scores.reference_voxels, scores.unit, scores.reach) == (16, "µm", pytest.approx(30.0))
    # Bands of 3 planes, z 2 to 4 and z 4 to 6, share one of five.
    assert scores.boundary_jaccard == pytest.approx(1 / 5)


def test_the_border_of_the_region_is_no_surface():
    """A class that fills the region has none, and nothing can be said."""
    full = np.full((3, 3, 3), 2, np.uint8)
    scores = streamed(full, full, (1.0, 1.0, 1.0), (2, 2, 2)).scores(1, "voxels")
    assert (scores.reference_voxels, scores.mean_distance, scores.boundary_jaccard) == (0, None, None)


def test_what_lies_out_of_reach_makes_the_mean_a_lower_bound():
    """Two single pores 20 voxels apart count with the reach of 10."""
    reference, prediction = np.ones((2, 1, 1, 31), np.uint8)
    reference[..., 5] = prediction[..., 25] = 2
    scores = streamed(reference, prediction, (1.0, 1.0, 1.0), (1, 1, 7)).scores(1, "voxels")
    assert (scores.mean_distance, scores.distance_95, scores.share_beyond_reach) == (pytest.approx(10.0), None, 1.0)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("apart", [1, 9, 10, 11])
def test_the_halo_is_as_wide_as_the_reach(axis, apart):
    """Two planes of pores so many voxels apart, in blocks of 2: the last distance that is measured is 10."""
    reference, prediction = np.ones((2, 1, 1, 24), np.uint8)
    reference[..., 4] = prediction[..., 4 + apart] = 2
    reference, prediction = (np.moveaxis(codes, 2, axis).copy() for codes in (reference, prediction))
    scores = streamed(reference, prediction, (1.0, 1.0, 1.0), (2, 2, 2)).scores(1, "voxels")
    assert scores.distance_95 == (apart if apart <= 10 else None)


def test_what_is_surface_at_the_rim_of_the_reach_is_known():
    """A slab whose inside begins at the rim: without one more voxel of halo its face would not be told from its inside."""
    reference = np.ones((30, 1, 1), np.uint8)
    prediction = reference.copy()
    reference[3] = 2
    prediction[13:20] = 2
    whole = streamed(reference, prediction, (1.0, 1.0, 1.0), (30, 1, 1))
    blocks = streamed(reference, prediction, (1.0, 1.0, 1.0), (1, 1, 1))
    np.testing.assert_array_equal(whole.counts, blocks.counts)
    assert whole.scores(1, "voxels").share_beyond_reach == pytest.approx(1 / 3)
