"""Tests of crops as pictures."""

from __future__ import annotations

import numpy as np

from seg_data.preview.crop_picture import GAP, Look, Scale, crop_picture

COLORS = ("#000000", "#ff0000")
UNKNOWN = Scale.of(None, None)


def look(side, limits=(0, 255)):
    return Look(limits, COLORS, side)


def test_a_slice_beside_its_labels():
    """Two by two voxels, twice as large: bare on the left; on the right class 1 in seven parts red and three parts grey."""
    image = np.array([[[0, 100], [200, 255]]], np.uint8)
    labels = np.array([[[0, 1], [0, 255]]], np.uint8)
    picture = crop_picture(image, labels, UNKNOWN, look(4))
    assert picture.shape == (4, 4 + GAP + 4, 3)
    assert picture[0, 3].tolist() == [100, 100, 100]
    assert picture[3, 0].tolist() == [200, 200, 200]
    assert (picture[:, 4 : 4 + GAP] == 255).all()
    right = picture[:, 4 + GAP :]
    assert right[0, 3].tolist() == [round(0.3 * 100 + 0.7 * 255), 30, 30]
    assert right[3, 3].tolist() == [255, 255, 255]  # the ignored label stays grey


def test_three_orthogonal_slices_through_the_middle():
    """Of 2 x 4 x 6 voxels numbered in order: rows and columns, right of it rows and normal, below it normal and columns."""
    image = np.arange(48, dtype=np.uint8).reshape(2, 4, 6)
    picture = crop_picture(image, None, UNKNOWN, look(6))[..., 0]
    assert picture.shape == (4 + GAP + 2, 6 + GAP + 2)
    assert np.array_equal(picture[:4, :6], image[1])
    assert np.array_equal(picture[:4, 6 + GAP :], image[:, :, 3].T)
    assert np.array_equal(picture[4 + GAP :, :6], image[:, 2])
    assert (picture[4 + GAP :, 6 + GAP :] == 255).all()


def test_voxels_have_their_physical_shape():
    """A voxel three times as high as wide is drawn so."""
    image = np.arange(16, dtype=np.uint8).reshape(1, 2, 8)
    picture = crop_picture(image, None, Scale((1.0, 3.0, 1.0), "um"), look(8))
    assert picture.shape == (6, 8, 3)
    assert np.array_equal(picture[:, :, 0], image[0].repeat(3, axis=0))


def test_large_crops_are_reduced():
    """The longest side is what was asked for."""
    assert crop_picture(np.zeros((1, 300, 600), np.uint16), None, UNKNOWN, look(200)).shape == (100, 200, 3)


def test_the_scale_bar_is_in_voxels_of_the_crop():
    """A crop of 40 voxels, eight times as large, has a bar of 10 voxels: 80 white pixels."""
    picture = crop_picture(np.zeros((1, 40, 40), np.uint8), None, UNKNOWN, look(320))
    assert (picture[320 - 14] == 255).all(axis=-1).sum() == 80


def test_slices_go_where_labels_are():
    """Of five slices only the first is annotated, and of that the last two columns: they are shown, not the middle."""
    image = np.arange(60, dtype=np.uint8).reshape(5, 3, 4)
    labels = np.full(image.shape, 255, np.uint8)
    labels[0, :, 2:] = 0
    picture = crop_picture(image, labels, UNKNOWN, look(4))[..., 0]
    assert np.array_equal(picture[:3, :4], image[0])
    assert np.array_equal(picture[:3, 4 + GAP : 4 + GAP + 5], image[:, :, 2].T)
