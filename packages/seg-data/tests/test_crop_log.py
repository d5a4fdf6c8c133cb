"""Tests of the log of crops: written, read and replayed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seg_common.errors import CropError, DocumentError, OutputExistsError
from seg_common.geometry.symmetries import symmetries_of
from seg_common.schema.crops import CropsConfig
from seg_data import CropReader, make_sampler, read_crop_log, replay_crops, write_crop_log
from seg_data.crop_log import turned

CROPS = CropsConfig.model_validate(
    {
        "shape": (1, 8, 8),
        "slices": 3,
        "normals": ["z", "y"],
        "rejection": {"kind": "min_class_fraction", "class_name": "pore", "fraction": 0.02, "reject_probability": 0.7},
        "augmentation": {"grey_shift": 5, "noise": 2, "elastic": {"probability": 0.5, "max_displacement": (0, 2, 2)}},
    }
)


def test_replay_gives_the_same_voxels(sparse_volume, tmp_path):
    """Drawn and augmented, then cut again from the log: equal arrays, in order."""
    sampler = make_sampler(sparse_volume, CROPS, 3)
    log = read_crop_log(write_crop_log(sampler, tmp_path / "crops.jsonl", 21, first=300))
    assert list(log.crops) == sampler.crops(300, 21)
    expected = CropReader(sampler).batch(300, 21)
    batches = list(replay_crops(log, sparse_volume, batch_size=8))
    assert [len(batch.image) for batch in batches] == [8, 8, 5]
    assert np.array_equal(np.concatenate([batch.image for batch in batches]), expected.image)
    assert np.array_equal(np.concatenate([batch.labels for batch in batches]), expected.labels)


def test_lines_say_what_a_crop_is(sparse_volume, sparse_labels, tmp_path):
    """Number, volume, place, symmetry in words and class shares counted in the array."""
    path = write_crop_log(make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8)), 0), tmp_path / "log.jsonl", 5)
    header, *lines = map(json.loads, path.read_text().splitlines())
    assert (header["kind"], header["seed"], len(lines)) == ("crop_log", 0, 5)
    for n, line in enumerate(lines):
        z, y, x = line["start"]
        shares = np.bincount(sparse_labels[z : z + 4, y : y + 8, x : x + 8].ravel(), minlength=3) / 256
        assert (line["n"], line["volume"], line["shape"]) == (n, "sample", [4, 8, 8])
        assert line["class_fractions"] == pytest.approx(shares)


def test_symmetries_in_words():
    """The identity, and one that exchanges rows and columns and runs the new rows backwards."""
    assert turned(symmetries_of((1, 4, 4))[0]) == "+z +y +x"
    assert "+z -x +y" in [turned(symmetry) for symmetry in symmetries_of((1, 4, 4))]


def test_another_volume_is_refused(sparse_volume, make_volume, sparse_labels, tmp_path):
    """The digests of a volume with one other voxel are others."""
    log = read_crop_log(write_crop_log(make_sampler(sparse_volume, CROPS, 0), tmp_path / "log.jsonl", 2))
    changed = sparse_labels.copy()
    changed[0, 0, 0] = 1
    with pytest.raises(CropError, match="replayed on the volumes that it was drawn from"):
        next(replay_crops(log, make_volume(changed, changed)))


def test_a_log_is_not_overwritten(sparse_volume, tmp_path):
    """Unless asked."""
    sampler = make_sampler(sparse_volume, CROPS, 0)
    path = write_crop_log(sampler, tmp_path / "log.jsonl", 2)
    with pytest.raises(OutputExistsError):
        write_crop_log(sampler, path, 3)
    assert len(read_crop_log(write_crop_log(sampler, path, 3, overwrite=True)).crops) == 3


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda lines: [], "kind"),
        (lambda lines: ["not json", *lines[1:]], "first line"),
        (lambda lines: [*lines[:-1], lines[-1][:20]], "line 3"),
        (
            lambda lines: [
                lines[0],
                lines[1].replace('"source": 0', '"source": 9').replace('"source": 1', '"source": 9'),
            ],
            "line 2.*source 9",
        ),
        (lambda lines: [lines[0], "{}"], "line 2"),
    ],
    ids=["empty", "no header", "cut off", "unknown source", "no crop"],
)
def test_damaged_logs(sparse_volume, tmp_path, damage, message):
    """The message names the line."""
    path = write_crop_log(make_sampler(sparse_volume, CROPS, 0), tmp_path / "log.jsonl", 2)
    path.write_text("\n".join(damage(path.read_text().splitlines())))
    with pytest.raises(DocumentError, match=message):
        read_crop_log(path)
