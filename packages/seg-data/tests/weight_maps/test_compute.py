"""Weights of blocks: by hand, against scipy on the whole volume, and the same whatever the blocks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.voxel_weights import ClassFrequency, IgnoredBorder, InterfaceDistance, WeightRecipe
from seg_data.weight_maps.compute import compute_weights, recipe_halo

IGNORED = 255


@pytest.fixture
def row(make_volume):
    """Labels 0 0 0 1 1 · 2 along x, where · is ignored."""
    labels = np.array([[[0, 0, 0, 1, 1, IGNORED, 2]]], np.uint8)
    return make_volume(labels, labels, ignored_label=IGNORED)


def weights_of(volume, **factors) -> list[float]:
    """Weights of a row of voxels."""
    return compute_weights(volume, WeightRecipe(**factors))[0, 0].tolist()


def test_class_frequency(row):
    """Shares 3, 2 and 1 of 6 labelled voxels; with alpha 1 each class has the same sum, 6 / 3."""
    assert weights_of(row, class_frequency=ClassFrequency()) == pytest.approx([2 / 3, 2 / 3, 2 / 3, 1, 1, 0, 2])


def test_interface(row):
    """Distances between centres: 3, 2, 1 | 1, then 2 (to class 0 and to class 2), ignored, 2."""
    near, middle, far = (1 + 4 * math.exp(-(d**2) / 2) for d in (1, 2, 3))
    boosted = weights_of(row, interface=InterfaceDistance(boost=5, sigma=1))
    assert boosted == pytest.approx([far, middle, near, near, middle, 0, middle])
    reduced = weights_of(row, interface=InterfaceDistance(mode="reduce", boost=5, sigma=1))
    assert reduced == pytest.approx([1 / far, 1 / middle, 1 / near, 1 / near, 1 / middle, 0, 1 / middle])


def test_distances_are_clipped(row):
    """Beyond the maximum, all voxels weigh alike."""
    near, rest = (1 + 4 * math.exp(-(d**2) / 2) for d in (1, 1.5))
    weights = weights_of(row, interface=InterfaceDistance(boost=5, sigma=1, max_distance=1.5))
    assert weights == pytest.approx([rest, rest, near, near, rest, 0, rest])


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (["interface"], [1, 1, 0, 0, 1, 0, 1]),
        (["ignored"], [1, 1, 1, 1, 0, 0, 0]),
        (["interface", "ignored"], [1, 1, 0, 0, 0, 0, 0]),
    ],
)
def test_border(row, of, expected):
    """One voxel on each side weighs nothing."""
    assert weights_of(row, border=IgnoredBorder(voxels=1, of=of)) == expected


def test_border_of_the_faces(make_volume):
    """One layer of 4 x 5 x 3 voxels leaves 2 x 3 x 1."""
    labels = np.zeros((4, 5, 3), np.uint8)
    weights = compute_weights(make_volume(labels, labels), WeightRecipe(border=IgnoredBorder(voxels=1.9, of=["faces"])))
    assert weights.sum() == 6
    assert (weights[1:3, 1:4, 1] == 1).all()


def test_factors_are_multiplied(row):
    """All three at once are the product of each alone."""
    factors = {
        "class_frequency": ClassFrequency(alpha=0.5),
        "interface": InterfaceDistance(boost=3, sigma=2),
        "border": IgnoredBorder(voxels=1),
    }
    alone = [weights_of(row, **{name: factor}) for name, factor in factors.items()]
    assert weights_of(row, **factors) == pytest.approx(np.prod(alone, axis=0).tolist())


def test_one_class_alone(make_volume):
    """No interface anywhere: the weight of the clipped distance."""
    labels = np.zeros((3, 3, 3), np.uint8)
    weights = compute_weights(make_volume(labels, labels), WeightRecipe(interface=InterfaceDistance(sigma=1, boost=2)))
    assert weights == pytest.approx(1 + math.exp(-8))


def test_labels_that_are_no_class(make_volume):
    """They are refused, not weighed as another class."""
    labels = np.array([[[0, 7]]], np.uint8)
    with pytest.raises(LabelVolumeError, match="7"):
        compute_weights(make_volume(labels, labels), WeightRecipe(border=IgnoredBorder(voxels=1)))


@pytest.mark.parametrize(
    ("voxel_size", "halo"), [(None, (8, 8, 8)), ((2.0, 1.0, 0.5), (4, 8, 16)), ((50.0, 4.0, 4.0), (1, 2, 2))]
)
def test_halo(voxel_size, halo):
    """Four sigma of 2 in the unit of the voxel size; the border of 2 of the shortest edges needs less, or more."""
    recipe = WeightRecipe(interface=InterfaceDistance(sigma=2), border=IgnoredBorder(voxels=2))
    assert recipe_halo(recipe, voxel_size or (1.0, 1.0, 1.0)) == halo


def by_scipy(labels: np.ndarray, recipe: WeightRecipe, voxel_size) -> np.ndarray:
    """Weights from distance transforms of the whole volume."""
    weights = (labels != IGNORED).astype(np.float64)
    distances = np.full(labels.shape, np.inf)
    for label in set(np.unique(labels).tolist()) - {IGNORED}:
        other = (labels != label) & (labels != IGNORED)
        if other.any():
            mine = labels == label
            distances[mine] = distance_transform_edt(~other, sampling=voxel_size)[mine]
    clipped = np.minimum(distances, recipe.interface.max_distance)
    weights *= 1 + (recipe.interface.boost - 1) * np.exp(-(clipped**2) / (2 * recipe.interface.sigma**2))
    reach = recipe.border.voxels * min(voxel_size) * (1 + 1e-9)
    weights[distances <= reach] = 0
    if (labels == IGNORED).any():
        weights[distance_transform_edt(labels != IGNORED, sampling=voxel_size) <= reach] = 0
    return weights


@pytest.mark.parametrize("voxel_size", [(1.0, 1.0, 1.0), (1.3, 1.3, 1.3), (2.5, 1.0, 1.0), (0.5, 2.0, 0.7)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 999),
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    block_shape=st.tuples(*[st.integers(1, 9)] * 3),
    reach=st.floats(0.4, 5),
    border=st.sampled_from([1, 1.5, 2]),
)
def test_blocks_do_not_matter(monkeypatch, make_volume, voxel_size, seed, shape, block_shape, reach, border):
    """Any volume, any blocks: as distance transforms of the whole volume tell, bit for bit where voxels are cubes."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([0, 0, 0, 0, 1, 2, IGNORED], np.uint8), shape)
    volume = make_volume(labels, labels, ignored_label=IGNORED)
    document = volume.document.model_copy(update={"voxel_size": voxel_size, "voxel_size_unit": "um"})
    monkeypatch.setattr("seg_data.weight_maps.compute.voxel_size_of", lambda _: document.voxel_size)
    recipe = WeightRecipe(
        interface=InterfaceDistance(boost=8, sigma=1, max_distance=reach),
        border=IgnoredBorder(voxels=border, of=["interface", "ignored"]),
    )
    whole = compute_weights(volume, recipe)
    streamed = np.full(shape, np.nan)
    for box in block_boxes(Box.whole(shape), tuple(min(b, n) for b, n in zip(block_shape, shape, strict=True))):
        streamed[box.slices()] = compute_weights(volume, recipe, box)
    assert streamed == pytest.approx(by_scipy(labels, recipe, voxel_size), rel=1e-9)
    if len(set(voxel_size)) == 1:
        assert streamed.tolist() == whole.tolist()
