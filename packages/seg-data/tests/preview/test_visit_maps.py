"""Tests of visits seen along the axes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.schema.crop_positions import GridPositions
from seg_common.schema.crops import CropsConfig
from seg_data import make_sampler
from seg_data.array_in_memory import ArrayInMemory
from seg_data.coverage import crops_by_volume, draw_offered, record_coverage
from seg_data.preview.visit_charts import draw_visit_histogram, draw_visit_maps, visit_edges
from seg_data.preview.visit_maps import visit_maps, visits_of_volume


@given(data=st.data())
def test_projections_do_not_depend_on_blocks(data):
    """Any block size gives the means of one count of the whole region, with and without ignored voxels."""
    region = Box(start=(1, 2, 3), shape=data.draw(st.tuples(*[st.integers(1, 6)] * 3)))
    starts = np.array(data.draw(st.lists(st.tuples(*[st.integers(0, 8)] * 3), max_size=5)), np.int64).reshape(-1, 3)
    shapes = np.array(
        data.draw(st.lists(st.tuples(*[st.integers(1, 4)] * 3), min_size=len(starts), max_size=len(starts)))
    )
    visits = np.zeros((16, 16, 16), int)
    for start, shape in zip(starts.tolist(), shapes.tolist(), strict=True):
        visits[Box(start=start, shape=shape).slices()] += 1
    labels = np.where(np.random.default_rng(data.draw(st.integers(0, 99))).random((16, 16, 16)) < 0.3, 255, 0)
    sparse = data.draw(st.booleans())
    counted = (labels != 255)[region.slices()] if sparse else np.ones(region.shape, bool)
    inside = visits[region.slices()]
    reader = ArrayInMemory(labels.astype(np.uint8)) if sparse else None
    block_bytes = data.draw(st.integers(24, 2000))
    maps = visit_maps(starts, shapes.reshape(-1, 3), region, reader, block_bytes=block_bytes)
    for axis, projection in enumerate(maps.projections):
        with np.errstate(invalid="ignore"):
            expected = (inside * counted).sum(axis=axis) / counted.sum(axis=axis)
        np.testing.assert_array_equal(projection, expected)
    expected_histogram = np.bincount(inside[counted])
    assert maps.histogram[: len(expected_histogram)].tolist() == expected_histogram.tolist()
    assert maps.histogram.sum() == counted.sum()


def test_planes_of_a_volume_are_counted_together(sparse_volume):
    """A grid of 1 x 4 x 4 crops visits each voxel of 16 x 24 x 20 once in each plane: three times in all."""
    config = CropsConfig(shape=(1, 4, 4), normals=["z", "y", "x"], positions=GridPositions())
    sampler = make_sampler(sparse_volume, config, 0)
    offered = draw_offered(sampler)
    (crops,) = crops_by_volume(sampler, offered)
    maps, kept = visits_of_volume(crops)
    assert kept is maps
    assert maps.histogram.tolist() == [0, 0, 0, 16 * 24 * 20]
    assert all((projection == 3).all() for projection in maps.projections)
    assert record_coverage(sampler, offered).visits_offered.min == 3


def test_bars_of_the_histogram():
    """No visit has a bar of its own; of many visits several share one."""
    assert visit_edges(1).tolist() == [0, 1]
    assert visit_edges(4).tolist() == [0, 1, 2, 3, 4]
    edges = visit_edges(100)
    assert edges[:3].tolist() == [0, 1, 4]
    assert edges[-1] >= 100


def test_charts_show_every_volume_and_its_scale(make_volume, sparse_labels):
    """Two groups of three maps; colours from 0 to the largest mean; no bar is left out."""
    volumes = [make_volume(sparse_labels, sparse_labels) for _ in range(2)]
    config = CropsConfig(shape=(1, 8, 10), positions=GridPositions())
    sampler = make_sampler(volumes, config, 0)
    visits = [visits_of_volume(crops) for crops in crops_by_volume(sampler, draw_offered(sampler))]
    figure = draw_visit_maps(sampler, visits)
    images = [image for axes in figure.axes for image in axes.images]
    assert len(images) == 6
    assert {image.get_clim() for image in images} == {(0.0, 1.0)}
    stairs = draw_visit_histogram(visits).axes[0].patches
    assert [patch.get_data().values.tolist() for patch in stairs] == [[0.0, 1.0]] * 2
