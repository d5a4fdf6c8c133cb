"""Colours of voxels, worked out by hand."""

import numpy as np
import pytest

from seg_common.pictures.overlay import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    error_overlay,
    faded,
    grey_limits,
    grey_to_rgb,
    overlay,
    rgb,
)

COLORS = ["#000000", "#ff0000", "#0000ff"]


def grey(*values):
    return np.repeat(np.array([values], np.uint8)[..., None], 3, axis=-1)


def test_fading_moves_towards_white():
    """White stays, black keeps the strength of its contrast: 255 - 255 * 0.4 = 153."""
    picture = grey(0, 255)
    assert faded(picture, 0.4)[0, :, 0].tolist() == [153, 255]
    assert picture[0, :, 0].tolist() == [0, 255]


def test_a_colour_is_three_numbers():
    """Capital letters or small ones."""
    assert rgb("#0A10ff") == (10, 16, 255)


def test_grey_levels_are_stretched_between_the_limits():
    """Black and white at the limits, and beyond them."""
    picture = grey_to_rgb(np.array([[100, 200, 300, 400, 500]], np.uint16), (200, 400))
    assert picture.dtype == np.uint8
    assert picture[0, :, 0].tolist() == [0, 0, 128, 255, 255]
    assert (picture == picture[..., :1]).all()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64"])
def test_limits_leave_out_the_rarest_levels(dtype):
    """One bright voxel in a thousand does not darken the others."""
    plane = np.full((40, 25), 10, dtype)
    plane[:20] = 20
    plane[0, 0] = 120
    assert grey_limits(plane) == (10, 20)


def test_a_constant_slice_has_limits():
    """Nothing is divided by zero."""
    assert grey_limits(np.full((2, 2), 7)) == (7, 8)
    assert (grey_to_rgb(np.full((2, 2), 7)) == 0).all()


def test_voxels_without_a_grey_level_are_black():
    """A reconstruction is NaN outside its round field of view; the limits do not see it."""
    plane = np.array([[np.nan, 0.0, 1.0, np.inf]], np.float32)
    assert grey_limits(plane, share=0) == (0, 1)
    assert grey_to_rgb(plane, (0, 1))[0, :, 0].tolist() == [0, 0, 255, 255]
    assert grey_limits(np.full((2, 2), np.nan)) == (0, 1)


def test_classes_are_blended_over_the_grey_levels():
    """Half red over grey 100 is (178, 50, 50); class 0 and the ignored label stay grey."""
    picture = grey(100, 100, 100, 100)
    before = picture.copy()
    blended = overlay(picture, np.array([[0, 1, 2, 255]]), COLORS, alpha=0.5)
    assert blended[0].tolist() == [[100] * 3, [178, 50, 50], [50, 50, 178], [100] * 3]
    np.testing.assert_array_equal(picture, before)


def test_another_class_may_be_left_grey_or_none():
    """Where the matrix is not the first class."""
    labels = np.array([[0, 1]])
    assert overlay(grey(100, 100), labels, COLORS, alpha=1, skip=1)[0].tolist() == [[0, 0, 0], [100] * 3]
    assert overlay(grey(100, 100), labels, COLORS, alpha=1, skip=-1)[0].tolist() == [[0, 0, 0], [255, 0, 0]]


def test_errors_are_marked_by_their_kind():
    """Added to a minor class, missed, taken for another minor class; right and ignored voxels stay grey."""
    reference = np.array([[0, 1, 1, 1, 255]])
    predicted = np.array([[1, 0, 2, 1, 1]])
    marked = error_overlay(grey(9, 9, 9, 9, 9), reference, predicted, ignored_label=255)
    added, missed = list(rgb(FALSE_POSITIVE)), list(rgb(FALSE_NEGATIVE))
    assert marked[0].tolist() == [added, missed, added, [9] * 3, [9] * 3]
    assert error_overlay(grey(9), np.array([[255]]), np.array([[1]]))[0].tolist() == [added]
