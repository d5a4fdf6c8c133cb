"""Shapes of single blobs."""

import numpy as np
import pytest
from skimage.measure import label, regionprops

from seg_common.geometry.box import Box
from seg_eval.blob_gallery import gallery_shapes
from seg_eval.metrics import blob_shape as module
from seg_eval.metrics.blob_shape import blob_shape
from seg_eval.streaming.streaming_blobs import label_blobs


def ball(radius):
    z, y, x = np.indices((2 * radius + 1,) * 3) - radius
    return z**2 + y**2 + x**2 <= radius**2


def test_a_ball_is_round():
    """Diameter and axes near 2 r, dented by the corners of its voxels only, no tunnel."""
    shape = blob_shape(ball(8), (0, 8, 8), 1)
    assert shape.equivalent_diameter == pytest.approx(16, rel=0.03)
    assert shape.axis_lengths == pytest.approx((shape.equivalent_diameter,) * 3, rel=0.02)
    assert 0.8 < shape.solidity < 1
    assert (shape.euler_number, shape.unit) == (1, "voxels")


def test_properties_are_those_of_scikit_image():
    """Extent, and about the same solidity and longest axis, of an L in a box with another blob."""
    codes = np.zeros((6, 7, 8), bool)
    codes[:2, :, :2] = codes[:2, :2, :] = codes[5, 6, 7] = True
    shape = blob_shape(codes, (0, 0, 0), 3)
    props = regionprops(label(codes, connectivity=3))[0]
    voxels = props.area
    assert shape.extent == voxels / codes.size
    assert shape.solidity == pytest.approx(voxels / props.area_convex, rel=0.2)
    assert shape.axis_lengths[0] == pytest.approx(props.axis_major_length, rel=0.1)
    assert shape.euler_number == 1


def test_lengths_are_physical():
    """A bar of 10 voxels of 5 µm along z and 1 µm across; a ring has a tunnel."""
    bar = blob_shape(np.ones((10, 2, 2), bool), (0, 0, 0), 1, (5.0, 1.0, 1.0), "µm")
    assert bar.axis_lengths[0] == pytest.approx(np.sqrt(20 * 50**2 / 12))
    assert bar.unit == "µm"
    ring = np.ones((1, 3, 3), bool)
    ring[0, 1, 1] = False
    assert blob_shape(ring, (0, 0, 0), 1).euler_number == 0
    assert blob_shape(ring, (0, 0, 0), 1).solidity == pytest.approx(8 / 9)


def test_a_single_voxel_has_a_shape():
    """It is no point."""
    shape = blob_shape(np.ones((1, 1, 1), bool), (0, 0, 0), 1)
    assert shape.axis_lengths == pytest.approx((np.sqrt(20 / 12),) * 3)
    assert (shape.extent, shape.solidity, shape.euler_number) == (1.0, 1.0, 1)


def test_the_gallery_reads_the_largest_blobs_of_a_region(monkeypatch):
    """In a region inside a volume; one blob lies in the box of another; boxes that are too large are left out."""
    volume = np.zeros((12, 12, 12), bool)
    volume[4:9, 4:9, 4] = volume[4:9, 4, 4:9] = True
    volume[6, 6, 6] = True
    region = Box(start=(3, 3, 3), shape=(8, 8, 8))
    table = label_blobs(volume[region.slices()], 1)
    for corner in (table.box_start, table.box_stop):
        np.add(corner, 3, out=corner)
    shapes = gallery_shapes(table, lambda box: volume[box.slices()], region, 1)
    assert [round(shape.extent * n) for shape, n in zip(shapes, (125, 1), strict=True)] == [45, 1]
    monkeypatch.setattr("seg_eval.blob_gallery.MOST_VOXELS", 10)
    assert [s is None for s in gallery_shapes(table, lambda box: volume[box.slices()], region, 1)] == [True, False]
    assert module.MOST_VOXELS > 10
