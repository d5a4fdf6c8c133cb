"""Tests of crops from several volumes and planes."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import CropError
from seg_common.geometry.box import Box
from seg_common.schema.crops import CropsConfig
from seg_data import CropReader, make_sampler, measure_coverage

PORES_ONLY = {"kind": "min_class_fraction", "class_name": "pore", "fraction": 0.01, "reject_probability": 1}


def config(**changes) -> CropsConfig:
    """Crops of 4 x 8 x 8 voxels, changed as the test needs."""
    return CropsConfig.model_validate({"shape": (4, 8, 8), **changes})


@pytest.fixture
def two_volumes(make_volume, sparse_labels):
    """One volume whose voxels are below 100 and one whose are above; the second is smaller and has no pore."""
    without = np.where(sparse_labels == 2, 0, sparse_labels)[:8, :16, :16]
    return make_volume(sparse_labels, sparse_labels), make_volume(without + np.uint8(100), without)


class TestVolumes:
    """A training set of several volumes."""

    def test_shares_follow_the_weights(self, two_volumes):
        """Three crops in four come from the first volume, in every 1024 exactly; voxels come from where the crop says."""
        sampler = make_sampler(two_volumes, config(), 0, weights=[3, 1])
        crops = sampler.crops(0, 1024)
        assert [sum(crop.source == i for crop in crops) for i in (0, 1)] == [768, 256]
        batch = CropReader(sampler).read(crops[:40])
        bright = (batch.image >= 100).all(axis=(1, 2, 3, 4))
        assert bright.tolist() == [crop.source == 1 for crop in crops[:40]]

    def test_each_volume_is_covered_by_its_own_cycles(self, two_volumes):
        """The crops of a volume are those that it gives alone, in the same order."""
        sampler = make_sampler(two_volumes, config(), 5, weights=[1, 1])
        alone = make_sampler(two_volumes[0], config(), 5)
        own = [crop.box for crop in sampler.crops(0, 300) if crop.source == 0]
        assert own == [crop.box for crop in alone.crops(0, len(own))]
        record = measure_coverage(sampler)
        assert record.visits_offered.never == 0
        assert [source.offered for source in record.sources] == [s.crops_per_cycle for s in sampler.sources]

    def test_a_volume_without_crops_is_named_and_left_out(self, two_volumes):
        """The other one goes on alone."""
        sampler = make_sampler(two_volumes, config(rejection=PORES_ONLY), 0)
        assert {crop.source for crop in sampler.crops(0, 100)} == {0}
        assert sampler.shares == [1.0]
        (reason,) = sampler.left_out
        assert str(two_volumes[1].path) in reason
        assert "'pore' has no voxel" in reason

    def test_being_strict_makes_it_an_error(self, two_volumes):
        """For those who want every volume in."""
        with pytest.raises(CropError, match="'pore' has no voxel"):
            make_sampler(two_volumes, config(rejection=PORES_ONLY), 0, leave_out=False)

    def test_a_crop_too_large_for_all_of_them(self, two_volumes):
        """Nothing is left to draw from."""
        with pytest.raises(CropError, match=r"none of 2 does\. The first: .*crop must fit"):
            make_sampler(two_volumes, config(shape=(32, 8, 8)), 0)

    @pytest.mark.parametrize("weights", [[1], [1, 0], [1, -2], [1, np.inf]])
    def test_impossible_weights(self, two_volumes, weights):
        """One positive weight for each volume."""
        with pytest.raises(CropError, match="one weight above 0"):
            make_sampler(two_volumes, config(), 0, weights=weights)

    def test_classes_must_agree(self, two_volumes, make_volume, sparse_labels):
        """A class index must mean the same everywhere; the message names both volumes."""
        other = make_volume(sparse_labels, sparse_labels, class_names=("matrix", "pore", "fibre"))
        with pytest.raises(CropError, match="same classes in the same order"):
            make_sampler([two_volumes[0], other], config(), 0)

    def test_dtypes_must_agree(self, two_volumes, make_volume, sparse_labels):
        """A batch has one dtype."""
        other = make_volume(sparse_labels.astype(np.uint16), sparse_labels)
        with pytest.raises(CropError, match="one dtype"):
            make_sampler([two_volumes[0], other], config(), 0)


class TestPlanes:
    """2D crops perpendicular to any axis."""

    @pytest.fixture
    def numbered(self, make_volume):
        """Every voxel has its own grey level; labels follow from it."""
        image = np.arange(10 * 12 * 14, dtype=np.uint16).reshape(10, 12, 14)
        return make_volume(image, (image % 3).astype(np.uint8))

    @pytest.mark.parametrize("slices", [1, 3])
    def test_rows_and_columns_are_the_other_axes_in_order(self, numbered, slices):
        """Voxel (row, column) of a crop is the volume's, counted from the crop's first voxel; channels go along the normal."""
        crops = config(shape=(1, 4, 6), slices=slices, normals=["z", "y", "x"], symmetries=False)
        sampler = make_sampler(numbered, crops, 1)
        batch = CropReader(sampler).batch(0, 60)
        image, seen = numbered.image[:], set()
        for crop, voxels, labels in zip(sampler.crops(0, 60), batch.image, batch.labels, strict=True):
            normal = "zyx".index(sampler.sources[crop.source].normal)
            seen.add(normal)
            assert crop.box.shape == tuple(np.insert([4, 6], normal, 1))
            plane = np.moveaxis(image, normal, 0)
            row, column = np.delete(crop.box.start, normal)
            middle, last = crop.box.start[normal], image.shape[normal] - 1
            for channel in range(slices):
                index = abs(middle + channel - slices // 2)
                index = index if index <= last else 2 * last - index
                assert np.array_equal(voxels[..., channel], plane[index, row : row + 4, column : column + 6])
            assert np.array_equal(labels, (plane[middle, row : row + 4, column : column + 6] % 3))
        assert seen == {0, 1, 2}

    def test_each_plane_covers_the_volume(self, numbered):
        """Three sources, a third of the crops each, each with cycles of its own."""
        sampler = make_sampler(numbered, config(shape=(1, 4, 6), normals=["z", "y", "x"]), 0)
        record = measure_coverage(sampler)
        assert sampler.shares == pytest.approx([1 / 3] * 3, abs=1e-3)
        assert [source.normal for source in record.sources] == ["z", "y", "x"]
        for source in sampler.sources:
            offered = source.offered_in_cycle(0)
            visits = np.zeros(numbered.box.shape, int)
            for start in offered.starts.tolist():
                visits[Box(start=tuple(start), shape=source.shape).slices()] += 1
            assert visits.min() >= 1

    def test_planes_that_do_not_fit_say_which_axis(self, numbered):
        """On 10 slices, 12 rows of a plane perpendicular to x have no room."""
        with pytest.raises(CropError, match=r"crop shape \(12, 4, 1\).*Choose z ≤ 10"):
            make_sampler(numbered, config(shape=(1, 12, 4), normals=["x"]), 0)

    def test_turning_respects_voxel_sizes_in_the_plane(self, make_volume):
        """Voxels of 2 x 1 x 1: planes along z may be turned by 90 degrees, planes along x may not."""
        image = np.zeros((10, 12, 12), np.uint8)
        volume = make_volume(image, image, voxel_size=(2.0, 1.0, 1.0), voxel_size_unit="um")
        crops = config(shape=(1, 8, 8), normals=["z", "x"], symmetries="keep_voxel_size")
        assert [len(s.symmetries) for s in make_sampler(volume, crops, 0).sources] == [8, 4]
        free = config(shape=(1, 8, 8), normals=["z", "x"])
        sampler = make_sampler(volume, free, 0)
        assert [len(s.symmetries) for s in sampler.sources] == [8, 8]
        counts = np.bincount([crop.symmetry for crop in sampler.crops(0, 1600)], minlength=8)
        assert np.all(np.abs(counts - 200) < 4 * np.sqrt(175))


def test_3d_crops_have_no_plane():
    """A cuboid is not perpendicular to anything."""
    with pytest.raises(ValueError, match="3D crops have no plane"):
        config(normals=["x"])
