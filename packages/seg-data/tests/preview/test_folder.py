"""Tests of previews as folders."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image

from seg_common.errors import OutputExistsError
from seg_common.schema.augmentation import Augmentation
from seg_common.schema.crop_rejection import AnyOf, Grey, MaxClassFraction, MinClassFraction
from seg_common.schema.crops import CropsConfig, CropsRecord
from seg_common.yaml_documents import read_document
from seg_data import make_sampler, preview_crops
from seg_data.preview.folder import STEPS
from seg_data.preview.pictures import PICTURE_FILES

REJECTION = MinClassFraction(class_name="pore", fraction=0.01, reject_probability=0.5)


@pytest.fixture
def sampler(sparse_volume):
    """A stream that rejects some crops."""
    return make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8), rejection=REJECTION), 0)


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_page_pictures_table_and_record(sampler, tmp_path):
    """Files that agree with each other; every step is told."""
    steps = []
    folder = tmp_path / "preview"
    preview = preview_crops(sampler, folder, count=5, advance=lambda step, _next: steps.append(step))
    pictures = [name for name in PICTURE_FILES if (folder / name).exists()]
    assert pictures == list(PICTURE_FILES)
    assert files_in(folder) == sorted([*pictures, "preview.html", "coverage.csv", "crops.yaml"]) == list(preview.files)
    assert read_document(folder / "crops.yaml", CropsRecord) == preview.record
    with (folder / "coverage.csv").open(newline="") as file:
        rows = {(row["quantity"], row["of"]): float(row["value"]) for row in csv.DictReader(file)}
    assert rows["crops", "kept"] == preview.record.kept
    assert rows["class_fraction pore", "kept"] == preview.record.class_fractions_kept[2]
    assert rows["visits never", "offered"] == 0
    assert preview.record.sources[0].expected.exact
    assert sum(steps) == STEPS
    for name in pictures:
        pixels = np.asarray(Image.open(folder / name).convert("L"))
        assert pixels.std() > 10, f"{name} is empty"


def test_an_unlabelled_volume(make_volume, tmp_path):
    """Crops are shown without labels, shares and a rejection function."""
    volume = make_volume(np.arange(512, dtype=np.float32).reshape(8, 8, 8))
    preview = preview_crops(
        make_sampler(volume, CropsConfig(shape=(1, 4, 4), symmetries=False), 0), tmp_path / "preview"
    )
    assert preview.record.class_names == []
    assert {"class_shares.png", "rejection.png", "augmentation.png"}.isdisjoint(preview.files)
    assert "Class shares" not in (preview.folder / "preview.html").read_text()


def test_volumes_and_planes_at_once(make_volume, sparse_labels, tmp_path):
    """2.5D crops of two volumes on three planes, with a combination that reads grey levels, and augmentation."""
    volumes = [make_volume((sparse_labels * factor).astype(np.uint8), sparse_labels) for factor in (60, 90)]
    some = MaxClassFraction(class_name="matrix", fraction=0.9, reject_probability=0.5)
    rejection = AnyOf(of=[some, Grey(statistic="std", points=[(0, 0.5), (20, 0)])])
    config = CropsConfig(
        shape=(1, 8, 8),
        slices=3,
        normals=["z", "y", "x"],
        rejection=rejection,
        augmentation=Augmentation(noise=5, blur=1),
    )
    preview = preview_crops(make_sampler(volumes, config, 0, weights=[1, 3]), tmp_path / "preview", count=7)
    assert len(preview.record.sources) == 6
    # Every voxel is in a crop of each of its three planes.
    assert preview.record.visits_offered.min >= 3


def test_existing_files_stay(sampler, tmp_path):
    """Unless overwriting is asked for."""
    preview_crops(sampler, tmp_path)
    with pytest.raises(OutputExistsError, match=r"preview\.html"):
        preview_crops(sampler, tmp_path)
    preview_crops(sampler, tmp_path, overwrite=True)


def test_overwriting_leaves_no_picture_of_before(sampler, sparse_volume, tmp_path):
    """A chart of a rejection function that is no longer there would be believed; other files are not touched."""
    folder = preview_crops(sampler, tmp_path / "preview").folder
    (folder / "notes.txt").write_text("mine")
    plain = make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8)), 0)
    preview = preview_crops(plain, folder, overwrite=True)
    assert "rejection.png" not in preview.files
    assert files_in(folder) == sorted([*preview.files, "notes.txt"])


def test_equal_streams_give_equal_pictures(sampler, sparse_volume, tmp_path):
    """Bit for bit, so that previews can be compared."""
    again = make_sampler(sparse_volume, sampler.config, 0)
    first, second = preview_crops(sampler, tmp_path / "a"), preview_crops(again, tmp_path / "b")
    for name in (*PICTURE_FILES, "crops.yaml", "coverage.csv"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes(), name
