"""Tests of label checks."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from seg_common.errors import LabelVolumeError
from seg_data import label_check
from seg_data.array_in_memory import ArrayInMemory
from seg_data.label_check import check_any, check_labels, check_volume, propose_mapping, report_table


def labels(*values: int, dtype: str = "uint8") -> ArrayInMemory:
    """A row of labels."""
    return ArrayInMemory(np.array(values, dtype).reshape(1, 1, -1))


@pytest.mark.parametrize(
    ("values", "mapping"),
    [
        ((0, 255, 255), {0: 0, 255: 1}),
        ((0, 2, 3), {0: 0, 2: 1, 3: 2}),
        ((1, 2), {1: 0, 2: 1}),
        ((0, 1, 2), None),
        ((0, 0, 0), None),
    ],
)
def test_proposed_mapping(values, mapping):
    """Values in growing order get indices, unless they are indices already."""
    assert check_labels(labels(*values)).proposed_mapping == mapping


def test_counts():
    """Each value with its voxels."""
    report = check_labels(labels(0, 2, 2, 2), ("matrix", "fibre", "pore"))
    assert report.counts == {0: 1, 2: 3}
    assert report.outside == {}
    assert [report.name_of(v) for v in report.counts] == ["matrix", "pore"]
    report.require_classes()


def test_ignored_labels_are_no_fault():
    """They are named, and left out of a mapping."""
    report = check_labels(labels(0, 1, 9), ignored_label=9)
    assert (report.outside, report.name_of(9)) == ({}, "ignored")
    assert check_labels(labels(0, 5, 9), ignored_label=9).proposed_mapping == {0: 0, 5: 1}


def test_values_outside_the_classes_are_an_error_with_counts_and_mapping():
    """The message can be pasted into an import."""
    report = check_labels(labels(0, 255, 255), ("matrix", "fibre"))
    assert report.name_of(255) == "no class"
    with pytest.raises(
        LabelVolumeError, match=r"indices 0 … 1; memory holds 255 \(2 voxels\). Import it with --map 0:0 --map 255:1"
    ):
        report.require_classes()


def test_negative_values_are_outside():
    """A signed file may hold -1."""
    assert check_labels(labels(-1, 0, dtype="int8")).outside == {-1: 1}


def test_instance_numbers_are_recognised():
    """Nobody wants a thousand --map options."""
    report = check_labels(ArrayInMemory(np.arange(5, 1005, dtype=np.int32).reshape(10, 10, 10)))
    with pytest.raises(LabelVolumeError, match=r"and \d+ more values. Are these instance numbers"):
        report.require_classes()
    assert "and 988 more values" in report_table({"labels": report})


def test_blocks_do_not_matter(monkeypatch):
    """Counted two voxels at a time, the counts are the same; progress adds up."""
    array = ArrayInMemory(np.arange(60, dtype=np.uint8).reshape(3, 4, 5) % 4)
    whole = check_labels(array)
    monkeypatch.setattr(label_check, "BLOCK_BYTES", 18)
    done = []
    assert check_labels(array, advance=done.append) == whole
    assert sum(done) == 60


def test_volumes_are_counted_by_partition(sparse_volume):
    """The whole and its parts."""
    reports = check_volume(sparse_volume)
    assert list(reports) == ["", "train"]
    assert reports[""].counts == {0: 6612, 1: 960, 2: 108}


def test_check_any_takes_volumes_and_label_files(sparse_volume, tmp_path):
    """A label file can be checked before it is imported."""
    percent: list[int] = []
    reports = check_any(str(sparse_volume.path), percent.append)
    assert list(reports) == ["reference", "reference / train"]
    assert sum(percent) == 100
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file["image"] = np.zeros((2, 2, 2), np.uint8)
        file["mask"] = np.full((2, 2, 2), 255, np.uint8)
    (report,) = check_any(f"{tmp_path}/scan.h5::mask").values()
    assert report.counts == {255: 8}


def test_a_volume_without_labels(make_volume):
    """There is nothing to check, and that is said."""
    volume = make_volume(np.zeros((2, 2, 2), np.uint8))
    with pytest.raises(LabelVolumeError, match="needs labels"):
        check_any(str(volume.path.parent))


def test_mapping_of_nothing():
    """No values, no mapping."""
    assert propose_mapping([]) == {}
