"""What a file of statistics may say."""

import pytest
from pydantic import ValidationError

from seg_common.geometry.box import Box
from seg_common.schema.prediction import VolumeReference
from seg_common.schema.provenance import Provenance
from seg_common.schema.statistics import RegionStatistics, VolumeStatistics

REGION = RegionStatistics(
    partition=None,
    box=Box.whole((1, 1, 4)),
    voxels=4,
    class_voxels=[1, 2],
    unlabelled_voxels=1,
    class_fractions=[1 / 3, 2 / 3],
    histogram=[[1, 0], [0, 2]],
    unlabelled_histogram=[1, 0],
    not_finite=0,
)
VOLUME = VolumeReference(
    path="volume.yaml", name="scan", shape=(1, 1, 4), image_digest=None, voxel_size=None, voxel_size_unit=None
)


def statistics(provenance: Provenance, **changes: object) -> VolumeStatistics:
    """Statistics of four voxels in two classes and two bins, with changes to its only region."""
    return VolumeStatistics(
        volume=VOLUME,
        labels="reference",
        labels_digest=None,
        ignored_label=255,
        classes=[{"name": "matrix", "color": "#000000"}, {"name": "pore", "color": "#ffffff"}],
        dtype="uint8",
        edges=[0.0, 1.0, 2.0],
        regions=[REGION.model_copy(update=changes)],
        slices={},
        warnings=[],
        seconds=0.0,
        peak_memory_bytes=0,
        provenance=provenance,
    )


@pytest.fixture(scope="module")
def provenance() -> Provenance:
    """Any provenance."""
    return Provenance.model_construct()


def test_counts_that_fit_are_accepted(provenance):
    """One voxel of matrix, two of pore, one that nobody annotated."""
    assert statistics(provenance).regions == [REGION]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"histogram": [[1, 0]]}, r"got 1 rows of \[2\] for 2 classes and 2 bins"),
        ({"unlabelled_histogram": [1]}, r"got 2 rows of \[1, 2\] for 2 classes and 2 bins"),
        ({"class_voxels": [1, 3]}, "must add up to the region's 4; got 5"),
    ],
)
def test_counts_must_fit(provenance, changes, words):
    """A row per class, a column per bin, and every voxel once."""
    with pytest.raises(ValidationError, match=words):
        statistics(provenance, **changes)
