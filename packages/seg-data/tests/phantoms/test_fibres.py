"""Tests of fibre placement."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from seg_common.errors import VolumeError
from seg_data.phantoms import fibres
from seg_data.phantoms.fibres import Fibre, place_fibres, rasterise


def test_fibres_touch_no_other_by_a_face():
    """As many face-connected components as fibres that have a voxel in the volume."""
    labels = np.zeros((64, 80, 96), np.uint8)
    placed = place_fibres(labels, seed=2, fraction=0.15, value=1)
    pieces = [rasterise(fibre, labels.shape) for fibre in placed]
    assert ndimage.label(labels)[1] == len(placed)
    assert sum(int(inside.sum()) for _, inside in pieces) == int(labels.sum())


def test_rasterised_cylinder_has_its_volume():
    """A cylinder along x of radius 4 and length 20 has 49 voxel centres in its circle, and 21 slices."""
    fibre = Fibre(np.array([10.0, 10.0, 15.0]), np.array([0.0, 0.0, 1.0]), 20.0, 4.0)
    box, inside = rasterise(fibre, (20, 20, 40))
    circle = sum(a * a + b * b <= 16 for a in range(-4, 5) for b in range(-4, 5))
    assert int(inside.sum()) == circle * 21
    assert (box[0].start, box[1].start, box[2].start) == (6, 6, 5)


def test_segment_distances_by_hand():
    """Crossed segments 3 apart, parallel ones 2 apart, and ends 5 apart along one line."""
    first, last = np.array([0.0, 0, 0]), np.array([0.0, 0, 10])
    firsts = np.array([[3.0, -5, 5], [0, 2, 2], [0, 0, 15]])
    lasts = np.array([[3.0, 5, 5], [0, 2, 8], [0, 0, 20]])
    assert fibres._segment_distances(first, last, firsts, lasts).tolist() == pytest.approx([3, 2, 5])


def test_no_room_is_an_error(monkeypatch):
    """The message tells how far it came."""
    monkeypatch.setattr(fibres, "MAX_ATTEMPTS", 256)
    with pytest.raises(VolumeError, match=r"got fibre_fraction=0.9, of which 0\.\d+ was reached"):
        place_fibres(np.zeros((32, 32, 32), np.uint8), seed=0, fraction=0.9, value=1)
