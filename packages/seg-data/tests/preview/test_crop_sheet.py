"""Tests of the contact sheet."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.schema.crop_rejection import MinClassFraction
from seg_common.schema.crops import CropsConfig
from seg_data import make_sampler
from seg_data.coverage import draw_offered
from seg_data.preview import crop_sheet
from seg_data.preview.crop_sheet import choose_crops, draw_crop_sheet, first_of_both, source_name

REJECTION = MinClassFraction(class_name="pore", fraction=0.01, reject_probability=0.5)


@pytest.mark.parametrize(
    ("kept", "count", "expected"),
    [
        ("11110000", 4, [0, 1, 4, 5]),  # half and half
        ("11110001", 5, [0, 1, 2, 4, 5]),  # the odd one is kept
        ("00000010", 4, [0, 1, 2, 6]),  # one kept: the rest rejected
        ("11111111", 3, [0, 1, 2]),
        ("0101", 9, [0, 1, 2, 3]),
    ],
)
def test_half_kept_and_half_rejected(kept, count, expected):
    assert first_of_both(np.array([c == "1" for c in kept]), count).tolist() == expected


def test_frames_tell_kept_from_rejected(sparse_volume):
    sampler = make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8), rejection=REJECTION), 0)
    pixels = np.asarray(draw_crop_sheet(sampler, draw_offered(sampler), 12))
    for frame in ((0x00, 0x9E, 0x73), (0xD5, 0x5E, 0x00)):
        assert np.count_nonzero((pixels == frame).all(axis=-1)) > 500


def test_voxels_shown_are_those_of_the_crop(sparse_volume, sparse_labels):
    """Slices across x have rows along z and columns along y."""
    sampler = make_sampler(sparse_volume, CropsConfig(shape=(1, 8, 8), normals=["x"]), 0)
    image = np.arange(sparse_labels.size).reshape(sparse_labels.shape)
    for crop in choose_crops(sampler, draw_offered(sampler), 5):
        z, y, x = crop.candidate.box.start
        assert np.array_equal(crop.image[0], image[z : z + 8, y : y + 8, x])
        assert np.array_equal(crop.labels[0], sparse_labels[z : z + 8, y : y + 8, x])


def test_captions_name_source_channels_verdict_and_shares(make_volume, sparse_labels, monkeypatch):
    """Everything that tells one panel from another."""
    volumes = [make_volume(sparse_labels, sparse_labels) for _ in range(2)]
    config = CropsConfig(shape=(1, 8, 8), slices=3, normals=["z", "y"], rejection=REJECTION)
    sampler = make_sampler(volumes, config, 0)
    offered = draw_offered(sampler)
    panels = []
    draw = crop_sheet.contact_sheet
    monkeypatch.setattr(crop_sheet, "contact_sheet", lambda given, **kw: panels.extend(given) or draw(given, **kw))
    draw_crop_sheet(sampler, offered, 8)
    assert len(panels) == 8
    assert panels[0].caption.startswith("sample, slices across z\noffered ")
    shown = choose_crops(sampler, offered, 8)
    for panel, crop in zip(panels, shown, strict=True):
        axis = sampler.sources[crop.source].normal
        middle = crop.candidate.box.start["zyx".index(axis)]
        assert f"channels: {axis} {middle - 1 if middle else 1}, {middle}, " in panel.caption
        word = "kept" if crop.candidate.kept else "rejected"
        assert f"{word}, reject probability {crop.candidate.reject_probability:.3g}" in panel.caption
        assert f"pore {100 * crop.candidate.class_fractions[2]:.2g} %" in panel.caption


def test_sources_are_named_where_there_are_several(sparse_volume):
    assert source_name(make_sampler(sparse_volume, CropsConfig(shape=(1, 8, 8)), 0), 0) == ""


def test_fewer_panels_than_sources(make_volume, sparse_labels):
    """The first sources have one each."""
    volumes = [make_volume(sparse_labels, sparse_labels) for _ in range(3)]
    sampler = make_sampler(volumes, CropsConfig(shape=(1, 8, 8)), 0)
    shown = choose_crops(sampler, draw_offered(sampler), 2)
    assert [crop.source for crop in shown] == [0, 1]


def test_a_crop_that_is_kept_to_cover_says_so(sparse_volume, monkeypatch):
    """Of crops that the function always rejects, keep_uncovered keeps those that hold new voxels."""
    never = MinClassFraction(class_name="pore", fraction=0.5, reject_probability=1)
    config = CropsConfig(shape=(4, 8, 8), rejection=never, on_reject="keep_uncovered")
    sampler = make_sampler(sparse_volume, config, 0)
    captions = []
    draw = crop_sheet.contact_sheet
    monkeypatch.setattr(
        crop_sheet, "contact_sheet", lambda given, **kw: captions.extend(p.caption for p in given) or draw(given, **kw)
    )
    draw_crop_sheet(sampler, draw_offered(sampler), 6)
    assert any("kept to cover new voxels, reject probability 1" in caption for caption in captions)
