"""Tests of crops before and after augmentation."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.geometry.symmetries import Symmetry
from seg_common.schema.augmentation import Augmentation
from seg_common.schema.crops import CropsConfig
from seg_data import CropReader, make_sampler
from seg_data.preview import augmentation_sheet
from seg_data.preview.augmentation_sheet import augmentation_words, draw_augmentation_sheet, turned_scale
from seg_data.preview.crop_picture import Scale


@pytest.fixture
def drawn(monkeypatch):
    """Voxels of the pictures that are drawn."""
    found = []
    draw = augmentation_sheet.crop_picture
    monkeypatch.setattr(
        augmentation_sheet, "crop_picture", lambda image, *rest: found.append(image) or draw(image, *rest)
    )
    return found


def test_stored_augmented_and_turned(sparse_volume, drawn):
    """The first panel of a row holds the voxels of the file, the last what the reader hands out; the rows between turn alike."""
    config = CropsConfig(shape=(1, 8, 8), augmentation=Augmentation(grey_shift=1000))
    sampler = make_sampler(sparse_volume, config, 0)
    draw_augmentation_sheet(sampler, 4)
    crops = sampler.crops(0, 4)
    batch = CropReader(sampler).read(crops)
    assert len(drawn) == 12
    for row, crop in enumerate(crops):
        stored, augmented, turned = drawn[3 * row : 3 * row + 3]
        assert np.array_equal(stored, sparse_volume.image.read(crop.box))
        assert len(np.unique(augmented.astype(int) - stored)) == 1  # one shift for all voxels
        assert np.array_equal(turned[0], batch.image[row, ..., 0])
        assert np.array_equal(turned, sampler.sources[0].symmetries[crop.symmetry].apply(augmented))


def test_symmetries_alone(sparse_volume, drawn):
    """Nothing is augmented, so there is no panel for it."""
    sampler = make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8)), 0)
    assert draw_augmentation_sheet(sampler, 3) is not None
    assert len(drawn) == 6


def test_nothing_to_show(sparse_volume):
    assert (
        draw_augmentation_sheet(make_sampler(sparse_volume, CropsConfig(shape=(1, 8, 8), symmetries=False), 0)) is None
    )


def test_words():
    assert augmentation_words(Augmentation(blur=1, grey_scale=0.1, grey_shift=3)) == "blur, contrast, brightness"
    assert augmentation_words(Augmentation()) == "nothing"


def test_axes_take_their_voxel_size_along():
    """Turned so that x comes first, then z and y."""
    symmetry = Symmetry((2, 0, 1), (False, True, False))
    assert turned_scale(Scale((1.0, 2.0, 3.0), "um"), symmetry) == Scale((3.0, 1.0, 2.0), "um")
