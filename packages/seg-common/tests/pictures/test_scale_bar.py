"""Lengths are right, and nothing is clipped."""

import numpy as np
import pytest

from seg_common.pictures.scale_bar import round_length, scale_bar, with_scale_bar


@pytest.mark.parametrize(
    ("length", "rounded"), [(1, 1), (1.99, 1), (2, 2), (4.9, 2), (5, 5), (99, 50), (0.03, 0.02), (1000, 1000)]
)
def test_lengths_are_round(length, rounded):
    """1, 2 or 5 and zeros."""
    assert round_length(length) == pytest.approx(rounded)


@pytest.mark.parametrize(("voxel_size", "unit", "voxels"), [(0.5, "um", 20), (None, None, 20), (3.0, "um", 50 / 3)])
def test_the_bar_is_as_long_as_it_says(voxel_size, unit, voxels):
    """10 µm are 20 voxels of 0.5 µm, 50 µm are 16.7 voxels of 3 µm; without a size the bar counts voxels."""
    picture = np.full((100, 100, 3), 77, np.uint8)
    marked = with_scale_bar(picture, voxel_size, unit, minimum_side=200)
    assert marked.shape == (200, 200, 3)
    bar_row = marked[200 - 6 - 8]
    assert (bar_row == 255).all(axis=-1).sum() == round(voxels * 2)
    assert (picture == 77).all()
    assert (marked[:150] == 77).all()


def test_a_small_picture_grows_until_the_label_fits():
    """Neither the bar nor the text is clipped."""
    marked = with_scale_bar(np.full((10, 12, 3), 77, np.uint8), 1.25, "um")
    assert (marked[:, :6] == 77).all()
    assert (marked[:6] == 77).all()


def test_a_large_picture_keeps_its_size():
    """Every voxel stays one pixel."""
    assert with_scale_bar(np.zeros((300, 200, 3), np.uint8), 1, "mm").shape == (300, 200, 3)


@pytest.mark.parametrize(
    ("voxel_size", "unit", "text"),
    [
        (1.0, "um", "20 µm"),
        (2000.0, "nm", "50 µm"),
        (100.0, "um", "2 mm"),
        (50.0, "um", "1 mm"),
        (1.0, "px", "20 px"),
        (1e5, "m", "2e+06 m"),
    ],
)
def test_the_label_has_a_readable_unit(monkeypatch, voxel_size, unit, text):
    """Metric units change at a thousand; others stay as they are."""
    from seg_common.pictures import scale_bar as module

    measured = []
    monkeypatch.setattr(module, "text_width", lambda text, size: measured.append(text) or 10)
    with_scale_bar(np.zeros((100, 100, 3), np.uint8), voxel_size, unit)
    assert set(measured) == {text}


@pytest.mark.parametrize(("pixel_size", "unit", "pixels"), [(0.5, "um", 40), (None, None, 50), (3.0, "um", 100 / 3)])
def test_a_picture_may_keep_its_size(pixel_size, unit, pixels):
    """20 µm are 40 pixels of 0.5 µm, 100 µm are 33 pixels of 3 µm."""
    picture = np.full((100, 200, 3), 77, np.uint8)
    marked = scale_bar(picture, pixel_size, unit)
    assert marked.shape == picture.shape
    assert (marked[100 - 6 - 8] == 255).all(axis=-1).sum() == round(pixels)
    assert (picture == 77).all()


@pytest.mark.parametrize("shape", [(100, 60, 3), (30, 200, 3)])
def test_no_room_no_bar(shape):
    """A bar whose label is clipped would be worse than none."""
    picture = np.full(shape, 77, np.uint8)
    assert np.array_equal(scale_bar(picture, 1.0, "um"), picture)
