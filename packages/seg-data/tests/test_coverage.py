"""Tests of visits, acceptance and class shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.schema.crop_positions import GridPositions, UniformPositions
from seg_common.schema.crop_rejection import MinClassFraction
from seg_common.schema.crops import CropsConfig, CropsRecord
from seg_common.yaml_documents import read_document, write_document
from seg_data import coverage, make_sampler, measure_coverage
from seg_data.array_in_memory import ArrayInMemory
from seg_data.coverage import summarise_visits, visit_histogram


def test_visits_of_two_boxes_by_hand():
    """On 6 voxels, crops 0:4 and 1:5 leave one voxel alone, visit two once and three twice."""
    starts = np.array([[0, 0, 0], [0, 0, 1]])
    assert visit_histogram(starts, (1, 1, 4), Box.whole((1, 1, 6))).tolist() == [1, 2, 3]


def test_ignored_voxels_need_no_visit():
    """Of the six voxels the last, which nobody visits, is ignored."""
    labels = ArrayInMemory(np.array([[[0, 1, 0, 0, 0, 255]]], np.uint8))
    starts = np.array([[0, 0, 0], [0, 0, 1]])
    assert visit_histogram(starts, (1, 1, 4), Box.whole((1, 1, 6)), labels).tolist() == [0, 2, 3]


def test_summary_by_hand():
    """Visits 0 1 1 1 1 2 of six voxels: least 0, median 1, most 2, one never visited."""
    summary = summarise_visits(np.array([1, 4, 1]))
    assert summary.model_dump() == {"min": 0, "median": 1.0, "max": 2, "never": 1, "never_fraction": 1 / 6}


def test_median_between_two_values():
    """Visits 1 1 3 3: the median lies half way."""
    assert summarise_visits(np.array([0, 2, 0, 2])).median == 2.0


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_histogram_does_not_depend_on_blocks(data):
    """Any block size gives what one count of the whole region gives."""
    region = Box(start=(1, 2, 3), shape=data.draw(st.tuples(*[st.integers(1, 7)] * 3)))
    crop = data.draw(st.tuples(*[st.integers(1, 5)] * 3))
    starts = data.draw(st.lists(st.tuples(*[st.integers(0, 9)] * 3), max_size=6))
    visits = np.zeros((20, 20, 20), int)
    for start in starts:
        visits[Box(start=start, shape=crop).slices()] += 1
    expected = np.bincount(visits[region.slices()].ravel())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "BLOCK_BYTES", data.draw(st.integers(12, 600)))
        assert (
            visit_histogram(np.array(starts, int).reshape(-1, 3), crop, region)[: len(expected)].tolist()
            == expected.tolist()
        )


def test_a_grid_that_fits_visits_every_voxel_once(make_volume, sparse_labels):
    """16 x 24 x 20 voxels are 4 x 3 x 2 crops of 4 x 8 x 10; kept crops then have the shares of the region."""
    volume = make_volume(sparse_labels, sparse_labels)
    sampler = make_sampler(volume, CropsConfig(shape=(4, 8, 10), positions=GridPositions()), 0)
    record = measure_coverage(sampler)
    assert (record.offered, record.kept, record.acceptance_rate, record.crops_per_cycle) == (24, 24, 1.0, 24)
    assert record.visits_kept.model_dump() == {"min": 1, "median": 1.0, "max": 1, "never": 0, "never_fraction": 0.0}
    assert record.class_fractions_region == pytest.approx([6612 / 7680, 960 / 7680, 108 / 7680])
    assert record.class_fractions_kept == pytest.approx(record.class_fractions_region)


def test_offered_and_kept_are_told_apart(sparse_volume):
    """A cycle offers every voxel; with rejection it keeps less, and more of the rare class."""
    rejection = MinClassFraction(class_name="pore", fraction=0.01, reject_probability=0.9)
    sampler = make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8), rejection=rejection), 0)
    record = measure_coverage(sampler)
    assert record.visits_offered.never == 0
    assert record.visits_kept.never > 0
    assert record.kept < record.offered == sampler.sources[0].crops_per_cycle
    assert record.class_fractions_kept[2] > 2 * record.class_fractions_region[2]


def test_uniform_positions_draw_the_region_once(sparse_volume):
    """16 x 24 x 20 voxels in crops of 4 x 8 x 8 are 30 crops."""
    sampler = make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8), positions=UniformPositions()), 0)
    record = measure_coverage(sampler)
    assert (record.offered, record.crops_per_cycle) == (30, None)


def test_a_number_of_crops_can_be_measured(sparse_volume):
    """The first crops of the stream, however many cycles that is."""
    sampler = make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8)), 0)
    assert measure_coverage(sampler, crops=7).kept == 7
    assert measure_coverage(sampler, cycles=2).offered == 2 * sampler.sources[0].crops_per_cycle


def test_unlabelled_volumes_have_no_shares(make_volume, sparse_labels):
    """Visits are counted all the same."""
    record = measure_coverage(make_sampler(make_volume(sparse_labels), CropsConfig(shape=(4, 8, 8)), 0))
    assert (record.class_names, record.class_fractions_kept) == ([], [])


def test_records_survive_a_round_trip(sparse_volume, tmp_path):
    """What is written is what is read."""
    record = measure_coverage(make_sampler(sparse_volume, CropsConfig(shape=(4, 8, 8)), 0))
    write_document(tmp_path / "crops.yaml", record)
    assert read_document(tmp_path / "crops.yaml", CropsRecord) == record
