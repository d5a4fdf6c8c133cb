"""Tests of the crop sampler: the stream, its rejection and its errors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from seg_common.errors import CropError, LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.crop_positions import CoveringPositions, GridPositions, UniformPositions
from seg_common.schema.crop_rejection import Curve, MinClassFraction
from seg_common.schema.crops import CropsConfig
from seg_data import Candidate, CropSampler, expected_crops, make_sampler

ALL_POSITIONS = [UniformPositions(), GridPositions(), CoveringPositions()]
IDS = ["uniform", "grid", "covering"]


def numbered_image(shape: tuple[int, int, int], dtype: str = "uint16") -> np.ndarray:
    """Give every voxel its own grey level, so that a voxel tells where it was read."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def wants_pore(reject_probability: float, fraction: float = 0.02) -> MinClassFraction:
    """Reject crops with less pore than a fraction."""
    return MinClassFraction(class_name="pore", fraction=fraction, reject_probability=reject_probability)


def config(**changes) -> CropsConfig:
    """Crops of 4 x 8 x 8 voxels, changed as the test needs."""
    return CropsConfig.model_validate({"shape": (4, 8, 8), **changes})


def offered_for(sampler: CropSampler, n: int) -> list[Candidate]:
    """What was offered for crop n of a sampler of one source."""
    (source,) = sampler.sources
    return source.candidates(source.offered_for(n))


@pytest.mark.parametrize("positions", ALL_POSITIONS, ids=IDS)
@pytest.mark.parametrize("rejection", [None, wants_pore(0.8)], ids=["keep all", "reject"])
class TestStream:
    """Crop n depends on the seed and n alone."""

    def test_order_of_access_does_not_matter(self, sparse_volume, positions, rejection):
        """Backwards, forwards and by another sampler: the same crops."""
        crops = config(positions=positions, rejection=rejection)
        forwards = [make_sampler(sparse_volume, crops, 5).crop(n) for n in range(40)]
        sampler = make_sampler(sparse_volume, crops, 5)
        backwards = [sampler.crop(n) for n in reversed(range(40))]
        assert forwards == backwards[::-1]

    def test_threads_do_not_matter(self, sparse_volume, positions, rejection):
        """Eight threads that share a sampler get what one gets."""
        crops = config(positions=positions, rejection=rejection)
        alone = make_sampler(sparse_volume, crops, 5)
        shared = make_sampler(sparse_volume, crops, 5)
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(shared.crop, range(60))) == [alone.crop(n) for n in range(60)]

    def test_seeds_differ(self, sparse_volume, positions, rejection):
        """Another seed draws other crops, or turns them otherwise."""
        crops = config(positions=positions, rejection=rejection)
        one, two = (make_sampler(sparse_volume, crops, seed) for seed in (1, 2))
        assert [one.crop(n) for n in range(20)] != [two.crop(n) for n in range(20)]

    def test_crops_are_the_kept_ones_of_the_candidates(self, sparse_volume, positions, rejection):
        """What was offered for a crop ends with the crop; all before it were rejected; attempts counts them."""
        sampler = make_sampler(sparse_volume, config(positions=positions, rejection=rejection), 3)
        for n in range(30):
            crop, offered = sampler.crop(n), offered_for(sampler, n)
            assert [candidate.kept for candidate in offered] == [False] * (crop.attempts - 1) + [True]
            assert offered[-1].box == crop.box


@pytest.mark.parametrize("seed", [0, 2**62])
@pytest.mark.parametrize("positions", ALL_POSITIONS, ids=IDS)
def test_crop_one_million_needs_no_crop_before_it(sparse_volume, positions, seed):
    """Numbers may be far out and seeds large."""
    one, two = (make_sampler(sparse_volume, config(positions=positions), seed) for _ in range(2))
    assert one.crop(10**6) == two.crop(10**6)


class TestRejection:
    """Crops are rejected as often as the function says."""

    @pytest.mark.parametrize("positions", ALL_POSITIONS, ids=IDS)
    @pytest.mark.parametrize("probability", [0.25, 0.75])
    def test_rate_is_within_four_sigma(self, sparse_volume, positions, probability):
        """Of the candidates with too little pore, the share rejected is binomial around the probability."""
        sampler = make_sampler(sparse_volume, config(positions=positions, rejection=wants_pore(probability)), 11)
        offered = [candidate for n in range(400) for candidate in offered_for(sampler, n)]
        poor = [candidate for candidate in offered if candidate.reject_probability == probability]
        rejected = sum(not candidate.kept for candidate in poor)
        sigma = np.sqrt(len(poor) * probability * (1 - probability))
        assert len(poor) > 200
        assert abs(rejected - probability * len(poor)) < 4 * sigma

    @pytest.mark.parametrize("positions", ALL_POSITIONS, ids=IDS)
    def test_probability_zero_rejects_nothing(self, sparse_volume, positions):
        """Every candidate is a crop, and its shares are known."""
        sampler = make_sampler(sparse_volume, config(positions=positions, rejection=wants_pore(0.0)), 0)
        plain = make_sampler(sparse_volume, config(positions=positions), 0)
        for n in range(50):
            assert (sampler.crop(n).attempts, sampler.crop(n).box) == (1, plain.crop(n).box)

    @pytest.mark.parametrize("positions", ALL_POSITIONS, ids=IDS)
    def test_probability_one_keeps_rich_crops_only(self, sparse_volume, sparse_labels, positions):
        """Counted in the array itself, every crop has its 2 % of pore."""
        sampler = make_sampler(sparse_volume, config(positions=positions, rejection=wants_pore(1.0)), 0)
        for n in range(50):
            crop = sampler.crop(n)
            share = np.mean(sparse_labels[crop.box.slices()] == 2)
            assert share >= 0.02
            assert offered_for(sampler, n)[-1].class_fractions[2] == pytest.approx(share)

    def test_expected_kept_per_cycle(self, sparse_volume):
        """A grid of 4 x 3 x 3 crops; the pore lies in few of them, the others are kept with probability a quarter."""
        sampler = make_sampler(sparse_volume, config(positions=GridPositions(), rejection=wants_pore(0.75)), 0)
        (source,) = sampler.sources
        rich = sum(candidate.reject_probability == 0 for candidate in source.candidates(source.offered_in_cycle(0)))
        assert source.crops_per_cycle == 36
        assert 0 < rich < 36
        expected = expected_crops(source)
        assert expected.exact
        assert expected.acceptance_rate == pytest.approx((rich + (36 - rich) / 4) / 36)


class TestSymmetries:
    """Crops are turned by the symmetries that keep their shape."""

    def test_all_are_drawn_about_equally_often(self, sparse_volume):
        """A square slice has 8 symmetries: each gets an eighth of 1600 crops, within 4 sigma."""
        sampler = make_sampler(sparse_volume, config(shape=(1, 8, 8)), 0)
        counts = np.bincount([sampler.crop(n).symmetry for n in range(1600)])
        assert len(counts) == len(sampler.sources[0].symmetries) == 8
        assert np.all(np.abs(counts - 200) < 4 * np.sqrt(1600 / 8 * 7 / 8))

    def test_none_when_switched_off(self, sparse_volume):
        """Validation crops stay as they are."""
        sampler = make_sampler(sparse_volume, config(symmetries=False), 0)
        assert {sampler.crop(n).symmetry for n in range(30)} == {0}


class TestErrors:
    """Each says the rule, the value and the remedy."""

    def test_crop_larger_than_its_region(self, sparse_volume):
        """The message names the axes that do not fit."""
        with pytest.raises(
            CropError, match=r"\(4, 32, 8\) for partition 'train' of shape \(16, 24, 20\).*Choose y ≤ 24"
        ):
            make_sampler(sparse_volume, config(shape=(4, 32, 8)), 0)

    def test_unknown_partition(self, sparse_volume):
        """The message lists the partitions that there are."""
        with pytest.raises(VolumeError, match="'training', it has: train"):
            make_sampler(sparse_volume, config(partition="training"), 0)

    def test_unknown_class(self, sparse_volume):
        """A rejection function speaks of a class of the volume."""
        rejection = MinClassFraction(class_name="void", fraction=0.1, reject_probability=1)
        with pytest.raises(CropError, match="got 'void'"):
            make_sampler(sparse_volume, config(rejection=rejection), 0)

    def test_class_that_never_occurs_in_the_partition(self, make_volume, sparse_labels):
        """The pore ends at slice 4; slices 8 to 15 hold none."""
        partitions = {"train": Box(start=(8, 0, 0), shape=(8, 24, 20))}
        volume = make_volume(numbered_image(sparse_labels.shape), sparse_labels, partitions=partitions)
        with pytest.raises(CropError, match=r"'pore' has no voxel in partition 'train' of .*it holds: matrix, fibre"):
            make_sampler(volume, config(rejection=wants_pore(0.5)), 0)

    @pytest.mark.parametrize("positions", ALL_POSITIONS, ids=IDS)
    def test_function_that_rejects_everything(self, sparse_volume, positions):
        """The search ends, quoting function, partition, attempts and measured acceptance; asking again changes nothing."""
        rejection = Curve(class_name="pore", points=[(0.0, 1.0)])
        sampler = make_sampler(sparse_volume, config(positions=positions, rejection=rejection, max_attempts=50), 0)
        for _ in range(2):
            with pytest.raises(
                CropError, match=r"one crop in 50.*curve\(pore, \{0: 1\}\).*acceptance 0 of \d+\).*'train' of"
            ):
                sampler.crop(0)
        with pytest.raises(CropError, match="rejected"):
            sampler.sources[0].offered_for(0)

    def test_rejection_needs_labels(self, make_volume):
        """Without labels there is no content to judge."""
        volume = make_volume(numbered_image((8, 8, 8)))
        with pytest.raises(LabelVolumeError, match="needs labels"):
            make_sampler(volume, config(rejection=wants_pore(0.5)), 0)

    def test_labels_outside_the_classes(self, make_volume, sparse_labels):
        """Found when they are counted, naming the file."""
        volume = make_volume(numbered_image(sparse_labels.shape), sparse_labels + np.uint8(5))
        with pytest.raises(LabelVolumeError, match=r"labels\.h5"):
            make_sampler(volume, config(rejection=wants_pore(0.5)), 0)

    def test_uniform_positions_have_no_cycles(self, sparse_volume):
        """Asking for one is an error, not an empty list."""
        with pytest.raises(CropError, match="uniform positions"):
            make_sampler(sparse_volume, config(positions=UniformPositions()), 0).sources[0].offered_in_cycle(0)


def test_a_volume_without_labels_gives_crops(make_volume):
    """Crops of an unlabelled volume can be looked at."""
    sampler = make_sampler(make_volume(numbered_image((8, 8, 8))), config(), 0)
    assert offered_for(sampler, 0)[0].class_fractions is None
    assert sampler.sources[0].region_class_counts is None


def test_small_budgets_change_nothing(sparse_volume):
    """Read crop by crop or from memory: the same crops."""
    crops = config(rejection=wants_pore(0.9))
    lazy, loaded = make_sampler(sparse_volume, crops, 0, budget_bytes=0), make_sampler(sparse_volume, crops, 0)
    assert [lazy.crop(n) for n in range(20)] == [loaded.crop(n) for n in range(20)]
