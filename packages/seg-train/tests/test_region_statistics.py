"""Statistics of a region against numpy on the whole region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.open_array import open_array
from seg_common.volume.opened_volume import open_volume
from seg_train.region_statistics import gather_statistics

if TYPE_CHECKING:
    from pathlib import Path


def test_moments_and_histogram(volume: Path) -> None:
    """Mean, standard deviation and counts are those of the region, and fractions sum to 1."""
    region = Box(start=(2, 4, 0), shape=(5, 20, 48))
    with open_volume(volume) as opened:
        found = gather_statistics([(opened, region)])
    with open_array(volume / "image.h5") as image, open_array(volume / "labels.h5") as truth:
        grey, labels = image.read(region), truth.read(region)
    assert found.mean == pytest.approx(grey.mean(), rel=1e-12)
    assert found.standard_deviation == pytest.approx(grey.std(), rel=1e-12)
    counts = np.array(found.histogram.counts)
    assert counts.shape == (2, 256)
    assert counts.sum() == region.voxels
    assert (counts[1] == np.bincount(grey[labels == 1], minlength=256)).all()
    assert sum(found.class_fractions) == pytest.approx(1)


def test_ignored_voxels_are_left_out_of_the_histogram(make_volume, labels: np.ndarray) -> None:
    """Voxels that nobody annotated count for the grey levels, not for the classes."""
    labels = labels.copy()
    labels[:, :, :24] = 255
    with open_volume(make_volume(labels)) as opened:
        found = gather_statistics([(opened, opened.box)])
    assert np.sum(found.histogram.counts) == labels.size // 2


def test_a_label_outside_the_classes_is_named(make_volume, labels: np.ndarray) -> None:
    """The message has the value, its count and the classes that are allowed."""
    labels = labels.copy()
    labels[0, 0, :3] = 7
    with (
        open_volume(make_volume(labels)) as opened,
        pytest.raises(LabelVolumeError, match=r"0 … 1.*7 \(3 voxels\)"),
    ):
        gather_statistics([(opened, opened.box)])


def test_nothing_annotated_is_an_error(make_volume, labels: np.ndarray) -> None:
    """A region without one annotated voxel can train nothing."""
    with (
        open_volume(make_volume(np.full_like(labels, 255))) as opened,
        pytest.raises(VolumeError, match=r"all labels .* are ignored"),
    ):
        gather_statistics([(opened, opened.box)])


def test_infinite_grey_levels_are_refused(make_volume, labels: np.ndarray) -> None:
    """A NaN would spread through the whole network."""
    folder = make_volume(labels, dtype="float32")
    grey = np.zeros(labels.shape, np.float32)
    grey[3, 2, 1] = np.nan
    with hdf5_writer(folder / "image.h5", "image", grey.shape, grey.dtype, overwrite=True) as dataset:
        dataset[...] = grey
    with open_volume(folder) as opened, pytest.raises(VolumeError, match="must be finite"):
        gather_statistics([(opened, opened.box)])
