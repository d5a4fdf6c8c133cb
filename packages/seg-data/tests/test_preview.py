"""Tests of previews."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image

from seg_common.errors import OutputExistsError
from seg_common.schema.crop_rejection import MinClassFraction
from seg_common.schema.crops import CropsConfig, CropsRecord
from seg_common.yaml_documents import read_document
from seg_data import make_sampler, preview_crops
from seg_data.preview import coverage_table


@pytest.fixture
def sampler(sparse_volume):
    """A stream that rejects some crops."""
    rejection = MinClassFraction(class_name="pore", fraction=0.01, reject_probability=0.5)
    return make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8), rejection=rejection), 0)


def test_writes_sheet_table_and_record(sampler, tmp_path):
    """Three files that agree with each other."""
    preview = preview_crops(sampler, tmp_path / "preview", count=5)
    assert sorted(p.name for p in preview.folder.iterdir()) == ["coverage.csv", "crops.png", "crops.yaml"]
    assert read_document(preview.folder / "crops.yaml", CropsRecord) == preview.record
    with (preview.folder / "coverage.csv").open(newline="") as file:
        rows = {(row["quantity"], row["of"]): float(row["value"]) for row in csv.DictReader(file)}
    assert rows["crops", "kept"] == preview.record.kept
    assert rows["class_fraction pore", "kept"] == preview.record.class_fractions_kept[2]
    assert rows["visits never", "offered"] == 0


def test_sheet_frames_tell_kept_from_rejected(sampler, tmp_path):
    """Both frame colours are on a sheet of many crops."""
    preview_crops(sampler, tmp_path, count=30)
    pixels = np.asarray(Image.open(tmp_path / "crops.png").convert("RGB"))
    for frame in ((0x00, 0x9E, 0x73), (0xD5, 0x5E, 0x00)):
        assert np.count_nonzero((pixels == frame).all(axis=-1)) > 500


def test_table_for_people(sampler, tmp_path):
    """Acceptance, shares and visits in words."""
    text = coverage_table(preview_crops(sampler, tmp_path).record)
    assert "acceptance rate 0." in text
    assert "pore" in text
    assert "0 (0.00 %)" in text


def test_unlabelled_volume(make_volume, tmp_path):
    """Crops are shown without labels and without shares."""
    volume = make_volume(np.arange(512, dtype=np.float32).reshape(8, 8, 8))
    preview = preview_crops(make_sampler(volume, CropsConfig(shape=(1, 4, 4)), 0), tmp_path / "preview")
    assert preview.record.class_names == []
    assert "share" not in coverage_table(preview.record)


def test_existing_files_stay(sampler, tmp_path):
    """Unless overwriting is asked for."""
    preview_crops(sampler, tmp_path)
    with pytest.raises(OutputExistsError, match=r"crops\.png"):
        preview_crops(sampler, tmp_path)
    preview_crops(sampler, tmp_path, overwrite=True)
