"""The one pass over a volume: shares, partitions, slices and warnings."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_data.statistics import gather
from seg_data.statistics.gather import gather_statistics
from seg_data.statistics.tables import share_table, table_texts

TIMES = {"seconds", "peak_memory_bytes", "provenance"}


@pytest.fixture
def by_hand(make_volume):
    """Six voxels 0 0 1 | 0 255 255 of matrix, fibre and pore; the second slice is the test partition, the first trains."""
    labels = np.array([[[0, 0, 1]], [[0, 255, 255]]], np.uint8)
    image = np.array([[[3, 4, 5]], [[3, 5, 6]]], np.uint16)
    halves = {"train": Box(start=(0, 0, 0), shape=(1, 1, 3)), "test": Box(start=(1, 0, 0), shape=(1, 1, 3))}
    return make_volume(image, labels, partitions=halves, ignored_label=255)


def test_shares_use_the_voxels_that_are_labelled(by_hand):
    """Three of four labelled voxels are matrix; the two ignored ones stand apart."""
    whole, train, test = gather_statistics(by_hand).regions
    assert (whole.class_voxels, whole.unlabelled_voxels, whole.class_fractions) == ([3, 1, 0], 2, [0.75, 0.25, 0.0])
    assert (train.class_voxels, train.unlabelled_voxels) == ([2, 1, 0], 0)
    assert (test.class_voxels, test.class_fractions) == ([1, 0, 0], [1.0, 0.0, 0.0])


def test_histograms_by_class(by_hand):
    """Levels 3 … 6 get a bin each; matrix 3, 4 and 3, fibre 5, nobody annotated 5 and 6."""
    statistics = gather_statistics(by_hand)
    assert statistics.edges == [3, 4, 5, 6, 7]
    assert statistics.regions[0].histogram == [[2, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert statistics.regions[0].unlabelled_histogram == [0, 0, 1, 1]


def test_slices(by_hand):
    """Along z only the first voxel is labelled in both slices, and it is matrix in both."""
    slices = gather_statistics(by_hand).slices
    assert slices["z"].class_voxels == [[2, 1], [1, 0], [0, 0]]
    assert slices["z"].unlabelled_voxels == [0, 2]
    assert (slices["z"].intersection, slices["z"].union) == ([[1], [0], [0]], [[1], [0], [0]])
    assert (slices["y"].class_voxels, slices["y"].union) == ([[3], [1], [0]], [[], [], []])


def test_missing_classes_are_warned_of(by_hand):
    """The pore is nowhere; the fibre is not in the test partition."""
    assert [line.partition(":")[0] for line in gather_statistics(by_hand).warnings] == [
        "the volume has no voxel of 'pore'",
        "partition 'train' has no voxel of 'pore'",
        "partition 'test' has no voxel of 'fibre', 'pore'",
    ]


def test_a_partition_that_nobody_annotated(make_volume):
    """Sparse annotation that misses a partition is one line, not one per class; its shares are undefined."""
    labels = np.array([[[0, 1, 2]], [[255, 255, 255]]], np.uint8)
    halves = {"train": Box(start=(0, 0, 0), shape=(1, 1, 3)), "test": Box(start=(1, 0, 0), shape=(1, 1, 3))}
    volume = make_volume(labels, labels, partitions=halves, ignored_label=255)
    statistics = gather_statistics(volume)
    assert statistics.regions[2].class_fractions is None
    assert [line.partition(":")[0] for line in statistics.warnings] == ["partition 'test' has no labelled voxel"]
    assert "100.000 %" not in share_table(statistics).splitlines()[-1]


def test_a_volume_without_labels(make_volume):
    """Grey levels alone."""
    statistics = gather_statistics(make_volume(np.full((2, 2, 2), 7, np.uint8)))
    assert (statistics.classes, statistics.slices, statistics.warnings) == ([], {}, [])
    assert statistics.regions[0].unlabelled_histogram[7] == 8
    assert list(table_texts(statistics)) == ["histograms.csv"]


def test_levels_that_are_not_finite_are_warned_of(make_volume):
    """They would turn a network's weights into NaN."""
    image = np.array([[[0.5, np.nan, np.inf]]], np.float32)
    statistics = gather_statistics(make_volume(image, np.array([[[0, 1, 2]]], np.uint8)))
    assert statistics.regions[0].not_finite == 2
    assert statistics.warnings[0].startswith("2 voxels of the volume have a grey level that is NaN or infinite")
    assert statistics.regions[0].class_voxels == [1, 1, 1]


def test_labels_that_are_no_class(make_volume):
    """Counted as another class, they would go unnoticed."""
    volume = make_volume(np.zeros((1, 1, 2), np.uint8), np.array([[[0, 7]]], np.uint8))
    with pytest.raises(LabelVolumeError, match=r"holds 7 \(1 voxels\)"):
        gather_statistics(volume)


@pytest.mark.parametrize("block_shape", [(1, 24, 20), (16, 1, 20), (16, 24, 1), (5, 7, 3), (4, 4, 4)])
def test_blocks_do_not_matter(sparse_volume, block_shape):
    """Any block shape gives the same document."""
    streamed = gather_statistics(sparse_volume, block_shape=block_shape)
    whole = gather_statistics(sparse_volume, block_shape=sparse_volume.document.shape)
    assert streamed.model_dump(exclude=TIMES) == whole.model_dump(exclude=TIMES)


def test_every_voxel_is_read_once(sparse_volume, monkeypatch):
    """One pass: the boxes read of each array add up to the volume, and so does the progress."""
    monkeypatch.setattr(gather, "BLOCK_BYTES", 2000)
    read, done = [], []
    for reader in (sparse_volume.image, sparse_volume.labels):
        inner = reader.read
        monkeypatch.setattr(reader, "read", lambda box, inner=inner: (read.append(box.voxels), inner(box))[1])
    gather_statistics(sparse_volume, advance=done.append)
    assert sum(read) == 2 * sparse_volume.box.voxels
    assert sum(done) == sparse_volume.box.voxels


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(0, 10**9), min_size=1, max_size=6).filter(any))
def test_shares_sum_to_one(counts):
    """On any shape, whatever the counts."""
    voxels = np.array([*counts, 5])
    region = gather._region(None, Box.whole((1, 1, int(voxels.sum()))), voxels, np.zeros((len(voxels), 1), int), 0)
    assert sum(region.class_fractions) == pytest.approx(1, abs=1e-12)


def test_tables(by_hand):
    """What stands in the files for spreadsheets."""
    tables = {
        name: list(csv.DictReader(io.StringIO(text))) for name, text in table_texts(gather_statistics(by_hand)).items()
    }
    assert list(tables) == ["histograms.csv", "class_shares.csv", "slices_z.csv", "slices_y.csv", "slices_x.csv"]
    assert tables["histograms.csv"][0] == {
        "region": "whole volume",
        "class": "matrix",
        "dtype": "uint16",
        "closed": "left",
        "bin_low": "3.0",
        "bin_high": "4.0",
        "voxels": "2",
    }
    assert sum(int(row["voxels"]) for row in tables["histograms.csv"]) == 12
    assert [row["share_of_labelled"] for row in tables["class_shares.csv"][:4]] == ["0.75", "0.25", "0.0", ""]
    assert [row["jaccard_with_next"] for row in tables["slices_z.csv"]] == ["1.0", "", "", "", "", ""]
    assert tables["slices_z.csv"][0]["share_of_labelled"] == str(2 / 3)
