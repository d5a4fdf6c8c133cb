"""Tests of the elastic deformation: against scipy's interpolation, and where no voxel may move."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from seg_common.errors import CropError
from seg_common.schema.augmentation import Elastic
from seg_data.augmentation.elastic import (
    deform_image,
    draw_corners,
    elastic_halo,
    nearest_voxels,
    require_no_fold,
)


def positions(shape, corners, halo) -> np.ndarray:
    """Coordinates (z, y, x) in the source of every voxel of a crop, by the definition: the sum over its eight corners."""
    where = np.array(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), float)
    share = [where[axis] / max(shape[axis] - 1, 1) for axis in range(3)]
    moved = where + np.reshape(halo, (3, 1, 1, 1))
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod([share[axis] if corner[axis] else 1 - share[axis] for axis in range(3)], axis=0)
        moved += weight * corners[corner][:, None, None, None]
    return moved


shapes = st.tuples(st.integers(1, 9), st.integers(1, 12), st.integers(1, 12))
limits = st.tuples(*[st.floats(0, 3)] * 3)


@settings(deadline=None, max_examples=40)
@given(shapes, limits, st.integers(0, 2**32), st.sampled_from([np.float32, np.float64]), st.integers(1, 3))
def test_grey_levels_are_those_of_map_coordinates(shape, limit, seed, dtype, channels):
    """scipy interpolates linearly at the same positions, for any crop, any displacement and each channel."""
    elastic = Elastic(probability=1, max_displacement=limit)
    rng = np.random.default_rng(seed)
    halo = elastic_halo(elastic, shape)
    source = rng.uniform(0, 1000, (*np.add(shape, np.multiply(2, halo)), channels)).astype(dtype)
    corners = draw_corners(elastic, shape, rng)
    crop = deform_image(source, corners, halo)
    assert (crop.shape, crop.dtype) == ((*shape, channels), dtype)
    where = positions(shape, corners, halo)
    for channel in range(channels):
        expected = map_coordinates(source[..., channel].astype(float), where, order=1, mode="nearest")
        np.testing.assert_allclose(crop[..., channel], expected, atol=1e-3 if dtype == np.float32 else 1e-9)


@settings(deadline=None, max_examples=40)
@given(shapes, limits, st.integers(0, 2**32))
def test_labels_are_those_of_the_nearest_voxel(shape, limit, seed):
    """The voxel named is at most half a voxel away from the position, along each axis, and lies inside."""
    elastic = Elastic(probability=1, max_displacement=limit)
    halo = elastic_halo(elastic, shape)
    sides = tuple(n + 2 * h for n, h in zip(shape, halo, strict=True))
    corners = draw_corners(elastic, shape, np.random.default_rng(seed))
    place = nearest_voxels(sides, corners, halo)
    assert place.shape == shape
    assert place.min() >= 0
    assert place.max() < np.prod(sides)
    found = np.array(np.unravel_index(place, sides))
    assert np.abs(found - positions(shape, corners, halo)).max() <= 0.5 + 1e-9


def test_a_shift_by_hand():
    """All corners half a voxel to the right: each voxel is the mean of two neighbours, and the later one is the nearest."""
    source = np.array([10, 20, 40, 80], np.float32).reshape(1, 1, 4, 1)
    corners = np.zeros((2, 2, 2, 3))
    corners[..., 2] = 0.5
    assert deform_image(source, corners, (0, 0, 1)).ravel().tolist() == [30, 60]
    assert nearest_voxels((1, 1, 4), corners, (0, 0, 1)).ravel().tolist() == [2, 3]


def test_a_stretch_by_hand():
    """Both ends of a row of 5 pulled in by one voxel: the middle 3 voxels stretched over 5, a half voxel at each step."""
    source = np.arange(7, dtype=np.float64).reshape(1, 1, 7, 1)
    corners = np.zeros((2, 2, 2, 3))
    corners[:, :, 0, 2], corners[:, :, 1, 2] = 1, -1
    assert deform_image(source, corners, (0, 0, 1)).ravel().tolist() == [2, 2.5, 3, 3.5, 4]


def test_corners_are_uniform_within_their_limits_and_independent():
    """Mean 0, variance limit²/3 along each axis; 4000 crops of 8 corners, 5 standard errors."""
    elastic = Elastic(probability=1, max_displacement=(1.0, 2.0, 4.0))
    rng = np.random.default_rng(0)
    drawn = np.array([draw_corners(elastic, (8, 16, 16), rng) for _ in range(4000)])
    scaled = drawn / (1.0, 2.0, 4.0)
    assert np.abs(scaled).max() <= 1
    flat = scaled.reshape(4000, 24)
    np.testing.assert_allclose(flat.mean(axis=0), 0, atol=5 * np.sqrt(1 / 3 / 4000))
    covariance = flat.T @ flat / 4000
    np.testing.assert_allclose(covariance, np.eye(24) / 3, atol=5 * np.sqrt(1 / 5 / 4000))


def test_as_many_crops_are_deformed_as_the_probability_says():
    """0.3 of 4000, within 5 standard errors; 0 and 1 mean never and always."""
    rng = np.random.default_rng(1)

    def share(probability: float) -> float:
        elastic = Elastic(probability=probability)
        return np.mean([draw_corners(elastic, (1, 16, 16), rng) is not None for _ in range(4000)])

    assert abs(share(0.3) - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 4000)
    assert (share(0.0), share(1.0)) == (0, 1)


def test_2d_crops_stay_in_their_slice():
    """Along an axis of one voxel there is no halo and no displacement, whatever the configuration says."""
    elastic = Elastic(probability=1, max_displacement=(3.0, 2.5, 4.0))
    assert elastic_halo(elastic, (1, 16, 16)) == (0, 3, 4)
    corners = draw_corners(elastic, (1, 16, 16), np.random.default_rng(0))
    assert not corners[..., 0].any()
    assert corners[..., 1:].all()


def test_displacements_that_fold_the_crop_are_refused():
    """Two corners 7 voxels apart may each move by less than 3.5; nothing moves along an axis of one voxel."""
    require_no_fold(Elastic(max_displacement=(9.0, 3.4, 3.4)), (1, 8, 8))
    with pytest.raises(CropError, match=r"max_displacement 3\.5 along x .* \(1, 16, 8\)\. Choose less than 3\.5\."):
        require_no_fold(Elastic(max_displacement=(0.0, 3.5, 3.5)), (1, 16, 8))
