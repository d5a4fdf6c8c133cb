"""Tests of what a region's stream offers and keeps: guarantees, distributions and content of every kind."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from seg_common.errors import CropError, VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.crops import CropsConfig
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.opened_volume import open_volume
from seg_data import expected_crops, make_sampler

COVERING, UNIFORM = {"kind": "covering"}, {"kind": "uniform"}
FEW_PORES = {"kind": "min_class_fraction", "class_name": "pore", "fraction": 0.02, "reject_probability": 0.8}
SLOPE = {"kind": "curve", "class_name": "pore", "points": [(0.0, 0.9), (0.1, 0.1)]}


def sampler_of(volume, seed=0, budget_bytes=2**28, **changes):
    """A sampler of crops of 4 x 8 x 8 voxels, changed as the test needs."""
    config = CropsConfig.model_validate({"shape": (4, 8, 8), **changes})
    return make_sampler(volume, config, seed, budget_bytes=budget_bytes)


def source_of(volume, **changes):
    """The only source of such a sampler."""
    (source,) = sampler_of(volume, **changes).sources
    return source


def visits_of(source, starts) -> np.ndarray:
    """How often each voxel of the volume is inside crops, marked voxel by voxel."""
    visits = np.zeros(source.volume.document.shape, int)
    for z, y, x in starts:
        visits[Box(start=(int(z), int(y), int(x)), shape=source.shape).slices()] += 1
    return visits


def all_positions(source) -> list[Box]:
    """Every box of the region that a crop may be."""
    room = [n - c + 1 for n, c in zip(source.region.shape, source.shape, strict=True)]
    return [Box(start=tuple(int(i) for i in index), shape=source.shape) for index in np.ndindex(*room)]


class TestOnReject:
    """What becomes of a rejected crop of a covering cycle."""

    @pytest.mark.parametrize(
        "positions", [COVERING, {"kind": "covering", "passes": 3}, {"kind": "grid", "stride": (2, 5, 8)}]
    )
    @pytest.mark.parametrize("cycle", [0, 3])
    def test_keep_uncovered_keeps_the_guarantee(self, sparse_volume, positions, cycle):
        """Kept crops hold every voxel in every cycle, although the function rejects most of them."""
        source = source_of(sparse_volume, positions=positions, rejection=FEW_PORES, on_reject="keep_uncovered")
        offered = source.offered_in_cycle(cycle)
        assert visits_of(source, offered.starts[offered.kept]).min() >= 1
        assert offered.kept.sum() > 0

    def test_several_passes_leave_room_to_reject(self, sparse_volume):
        """After the first pass has covered the region, the others are rejected as the function says."""
        positions = {"kind": "covering", "passes": 6}
        kept = [
            source_of(sparse_volume, positions=positions, rejection=FEW_PORES, on_reject=what).offered_in_cycle(0).kept
            for what in ("drop", "keep_uncovered")
        ]
        assert kept[0].sum() < kept[1].sum() < 0.6 * len(kept[1])
        assert np.all(kept[1][kept[0]])

    def test_drop_visits_voxels_as_often_as_expected(self, sparse_volume):
        """Over 60 cycles a voxel is kept sum(1 - p) times over the crops that offered it, within 5 sigma."""
        source = source_of(sparse_volume, rejection=SLOPE)
        expected, variance = np.zeros((2, 16, 24, 20))
        kept = np.zeros((16, 24, 20))
        for number in range(60):
            for candidate in source.candidates(source.offered_in_cycle(number)):
                accepted = 1 - candidate.reject_probability
                expected[candidate.box.slices()] += accepted
                variance[candidate.box.slices()] += accepted * (1 - accepted)
                kept[candidate.box.slices()] += candidate.kept
        assert np.all(np.abs(kept - expected) < 5 * np.sqrt(variance) + 1e-9)
        assert 0.1 < kept.mean() / 60 < 0.6

    def test_only_cycles_can_be_covered(self):
        """Uniform positions promise nothing that could be kept."""
        with pytest.raises(ValueError, match="keep_uncovered needs positions with cycles"):
            CropsConfig.model_validate({"positions": UNIFORM, "on_reject": "keep_uncovered"})


@pytest.mark.parametrize("most", [1, 4, 5, 20])
def test_no_more_crops_are_offered_than_allowed(sparse_volume, most):
    """The error counts them, and a crop that is kept in time is the same with a larger bound."""
    changes = {"positions": UNIFORM, "rejection": SLOPE | {"points": [(0.0, 0.9)]}}
    bounded, free = (source_of(sparse_volume, max_attempts=bound, **changes) for bound in (most, 1000))
    drawn = free.kept(np.arange(64))
    for n in range(64):
        if drawn.attempts[n] <= most:
            assert bounded.kept(np.array([n])).starts.tolist() == [drawn.starts[n].tolist()]
        else:
            with pytest.raises(CropError, match=rf"rejected {most} crops in a row"):
                bounded.kept(np.array([n]))
    assert (drawn.attempts > most).any()


class TestExpected:
    """What is computed before drawing is what drawing gives."""

    @pytest.mark.parametrize("rejection", [None, FEW_PORES, SLOPE, {"kind": "product", "of": [FEW_PORES, SLOPE]}])
    def test_uniform_is_the_mean_over_all_positions(self, sparse_volume, sparse_labels, rejection):
        """Counted in the array, position by position."""
        source = source_of(sparse_volume, positions=UNIFORM, rejection=rejection)
        boxes = all_positions(source)
        accepted = 1 - source.judge.probabilities(np.array([box.start for box in boxes]))
        shares = np.array([np.bincount(sparse_labels[box.slices()].ravel(), minlength=3) / 256 for box in boxes])
        expected = expected_crops(source)
        assert (expected.exact, expected.positions) == (True, len(boxes))
        assert expected.acceptance_rate == pytest.approx(accepted.mean(), rel=1e-12)
        assert expected.class_fractions == pytest.approx((accepted @ shares / accepted.sum()).tolist(), rel=1e-12)

    @pytest.mark.parametrize(
        "positions",
        [
            UNIFORM,
            COVERING,
            {"kind": "grid", "stride": (1, 2, 3)},
            {"kind": "weighted", "class_shares": {"pore": 1, "matrix": 3}},
        ],
        ids=lambda p: p["kind"],
    )
    def test_measured_acceptance_is_within_binomial_bounds(self, sparse_volume, positions):
        """Of some thousand offered crops, as many are kept as expected, within 4 sigma; shares of pore agree within 10 %."""
        source = source_of(sparse_volume, positions=positions, rejection=SLOPE)
        expected = expected_crops(source)
        cycles = 40 if source.has_cycles else 0
        offered = [source.offered_in_cycle(n) for n in range(cycles)] or [source.offered_for(n) for n in range(900)]
        kept = np.concatenate([part.kept for part in offered])
        starts = np.concatenate([part.starts for part in offered])[kept]
        rate = expected.acceptance_rate
        assert expected.exact
        assert abs(kept.sum() - rate * len(kept)) < 4 * np.sqrt(len(kept) * rate * (1 - rate)) + (0 if cycles else 1)
        shares = source.content.class_counts(starts).sum(axis=0) / (256 * len(starts))
        assert shares == pytest.approx(expected.class_fractions, rel=0.1, abs=0.004)

    def test_estimates_have_an_interval_that_holds_the_exact_value(self, sparse_volume):
        """With a limit of one position, a sample has to do."""
        source = source_of(sparse_volume, rejection=SLOPE)
        exact, estimate = expected_crops(source), expected_crops(source, exact_positions=1)
        assert (exact.exact, estimate.exact) == (True, False)
        assert estimate.interval[0] < exact.acceptance_rate < estimate.interval[1]
        assert estimate.interval[1] - estimate.interval[0] < 0.1
        assert estimate.class_fractions == pytest.approx(exact.class_fractions, abs=0.02)

    def test_kept_uncovered_crops_are_counted_in_cycles(self, sparse_volume):
        """More is kept than the function alone would keep."""
        positions = {"kind": "covering", "passes": 4}
        drop, keep = (
            expected_crops(source_of(sparse_volume, positions=positions, rejection=FEW_PORES, on_reject=what))
            for what in ("drop", "keep_uncovered")
        )
        assert (drop.exact, keep.exact) == (True, False)
        assert drop.acceptance_rate < keep.interval[0]


class TestDirect:
    """Crops from the accepted distribution at once."""

    @pytest.mark.parametrize(
        "positions",
        [UNIFORM, {"kind": "weighted", "class_shares": {"pore": 1, "fibre": 1, "matrix": 2}}],
        ids=lambda p: p["kind"],
    )
    def test_direct_and_reject_draw_the_same_distribution(self, make_volume, positions):
        """Each position of a small region is drawn as often as its acceptance says, by both ways: chi-square."""
        labels = np.zeros((3, 7, 8), np.uint8)
        labels[1:, 2:5, 3:6] = 2
        labels[:, 5, 3:6] = 1
        volume = make_volume(labels, labels)
        changes = {
            "shape": (2, 4, 4),
            "positions": positions,
            "rejection": SLOPE | {"points": [(0.0, 0.95), (0.3, 0.0)]},
        }
        reject, direct = (source_of(volume, draw=draw, **changes) for draw in ("reject", "direct"))
        boxes = all_positions(reject)
        starts = np.array([box.start for box in boxes])
        weights = np.array([reject.position_weights(z)[y, x] for z, y, x in starts])
        weights *= 1 - reject.judge.probabilities(starts)
        # Positions that are hardly ever drawn are counted together, as the test needs.
        rare = weights < np.quantile(weights, 0.3)
        groups = np.where(rare, 0, np.cumsum(~rare))
        expected = np.bincount(groups, weights)
        for source in (reject, direct):
            drawn = source.kept(np.arange(8000)).starts
            place = np.ravel_multi_index(drawn.T, (2, 4, 5))
            counts = np.bincount(groups[place], minlength=len(expected))
            assert chisquare(counts, expected / expected.sum() * 8000).pvalue > 1e-3

    def test_nothing_is_rejected(self, sparse_volume):
        """Every crop is the first attempt, and the expected shares are those of the accepted ones."""
        direct = source_of(sparse_volume, positions=UNIFORM, rejection=FEW_PORES, draw="direct")
        reject = source_of(sparse_volume, positions=UNIFORM, rejection=FEW_PORES)
        assert set(direct.kept(np.arange(50)).attempts) == {1}
        expected = expected_crops(direct)
        assert expected.acceptance_rate == 1
        assert expected.class_fractions == pytest.approx(expected_crops(reject).class_fractions)

    def test_functions_that_read_voxels_are_refused(self, sparse_volume):
        """They would have to read every position."""
        grey = {"kind": "grey", "statistic": "mean", "points": [(0, 0.0)]}
        with pytest.raises(
            CropError, match=r"direct draws.*got grey\(mean, \{0: 0\}\), which reads voxels.*draw: reject"
        ):
            source_of(sparse_volume, positions=UNIFORM, rejection=grey, draw="direct")

    def test_nothing_left_is_an_error(self, sparse_volume):
        """A function that rejects everything is found at once."""
        with pytest.raises(CropError, match="all of partition 'train'"):
            source_of(sparse_volume, positions=UNIFORM, draw="direct", rejection=SLOPE | {"points": [(0.0, 1.0)]})


class TestWeighted:
    """A probability for each position."""

    def test_middle_voxels_have_the_classes_asked_for(self, sparse_volume, sparse_labels):
        """Half pore, half fibre, never matrix."""
        source = source_of(sparse_volume, positions={"kind": "weighted", "class_shares": {"pore": 5, "fibre": 5}})
        z, y, x = (source.kept(np.arange(2000)).starts + np.array([2, 4, 4])).T
        counts = np.bincount(sparse_labels[z, y, x], minlength=3)
        assert counts[0] == 0
        assert abs(counts[2] - 1000) < 4 * np.sqrt(500)

    def test_weights_from_a_users_array(self, sparse_volume):
        """Probability in proportion to the value at the middle voxel; places of 0 are never drawn."""
        weights = np.zeros((16, 24, 20), np.float32)
        weights[8, 12, 10], weights[9, 12, 10] = 3, 1
        with hdf5_writer(sparse_volume.path.parent / "where.h5", "w", weights.shape, weights.dtype) as array:
            array[...] = weights
        source = source_of(sparse_volume, positions={"kind": "weighted", "volume": "where.h5::w"})
        starts = source.kept(np.arange(2000)).starts
        assert set(map(tuple, starts.tolist())) == {(6, 8, 6), (7, 8, 6)}
        assert abs(np.sum(starts[:, 0] == 6) - 1500) < 4 * np.sqrt(375)

    @pytest.mark.parametrize(
        ("value", "shape", "message"),
        [
            (-1, (16, 24, 20), "not negative.* -1"),
            (np.nan, (16, 24, 20), "nan"),
            (0, (16, 24, 20), "all of partition"),
            (1, (16, 24, 21), r"shape \(16, 24, 20\)"),
        ],
    )
    def test_impossible_weights(self, sparse_volume, value, shape, message):
        """The array is named, and the value."""
        with hdf5_writer(sparse_volume.path.parent / "where.h5", "w", shape, np.float32) as array:
            array[...] = value
        with pytest.raises((CropError, VolumeError), match=message):
            source_of(sparse_volume, positions={"kind": "weighted", "volume": "where.h5"})

    @pytest.mark.parametrize(
        ("shares", "message"), [({"void": 1}, "got \\['void'\\]"), ({"pore": 1}, "'pore' has no such voxel")]
    )
    def test_impossible_classes(self, make_volume, shares, message):
        """Unknown classes, and one that no crop can have in its middle."""
        labels = np.zeros((8, 16, 16), np.uint8)
        labels[0, 0, 0] = 2
        with pytest.raises(CropError, match=message):
            source_of(make_volume(labels, labels), positions={"kind": "weighted", "class_shares": shares})


class TestSparseLabels:
    """A few annotated slices of a big scan."""

    @pytest.fixture
    def sparse_annotation(self, make_volume, sparse_labels):
        """Slices 3 and 9 are annotated, the first only in part."""
        labels = np.full((16, 24, 20), 255, np.uint8)
        labels[9], labels[3, :, :13] = sparse_labels[9], sparse_labels[3, :, :13]
        return make_volume(sparse_labels, labels, ignored_label=255)

    @pytest.mark.parametrize("positions", [UNIFORM, COVERING, {"kind": "grid"}], ids=lambda p: p["kind"])
    @pytest.mark.parametrize("shape", [(1, 8, 8), (4, 8, 8)])
    @pytest.mark.parametrize("rejection", [None, SLOPE])
    def test_every_crop_holds_a_labelled_voxel(self, sparse_annotation, positions, shape, rejection):
        """Others were never offered."""
        source = source_of(sparse_annotation, shape=shape, positions=positions, rejection=rejection)
        labels = sparse_annotation.labels[:]
        for z, y, x in source.kept(np.arange(40)).starts.tolist():
            assert np.any(labels[z : z + shape[0], y : y + 8, x : x + 8] != 255)
        for n in range(10):
            assert source.offered_for(n).kept.tolist() == [False] * (source.kept(np.array([n])).attempts[0] - 1) + [
                True
            ]

    def test_a_cycle_offers_every_labelled_voxel(self, sparse_annotation):
        """And few crops that hold none: the rest of the volume costs nothing."""
        source = source_of(sparse_annotation, shape=(1, 8, 8))
        offered = source.offered_in_cycle(2)
        labelled = sparse_annotation.labels[:] != 255
        assert visits_of(source, offered.starts)[labelled].min() >= 1
        assert len(offered.starts) <= source.crops_per_cycle // 8
        assert expected_crops(source).acceptance_rate == 1


class TestContent:
    """Functions of more than one class share."""

    def test_grey_levels(self, make_volume):
        """Bright crops are rejected for certain; all kept ones are dark."""
        image = np.zeros((8, 16, 32), np.uint8)
        image[..., 16:] = 200
        source = source_of(
            make_volume(image),
            positions=UNIFORM,
            rejection={"kind": "grey", "statistic": "mean", "points": [(50, 0.0), (51, 1.0)]},
        )
        assert np.all(source.kept(np.arange(100)).starts[:, 2] <= 10)

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    def test_entropy(self, make_volume, dtype):
        """Halves of two levels are one bit, a constant crop none: only mixed crops are kept."""
        image = np.zeros((8, 16, 32), dtype)
        image[..., 16:] = 200 if dtype == "uint8" else 40000
        source = source_of(
            make_volume(image),
            positions=UNIFORM,
            rejection={"kind": "grey", "statistic": "entropy", "points": [(0.0, 1.0), (0.5, 0.0)]},
        )
        starts = source.kept(np.arange(50)).starts[:, 2]
        assert np.all((starts > 8) & (starts < 16))

    def test_masks(self, sparse_volume):
        """Crops lie inside the sample, which is the left part of the volume."""
        mask = np.zeros((16, 24, 20), np.uint8)
        mask[..., :12] = 7
        with hdf5_writer(sparse_volume.path.parent / "inside.h5", "mask", mask.shape, mask.dtype) as array:
            array[...] = mask
        rejection = {"kind": "mask", "mask": "inside.h5", "points": [(0.99, 1.0), (1.0, 0.0)]}
        for draw in ("reject", "direct"):
            source = source_of(sparse_volume, positions=UNIFORM, rejection=rejection, draw=draw)
            assert set(source.kept(np.arange(200)).starts[:, 2].tolist()) == set(range(5))

    @pytest.mark.parametrize(
        "changes",
        [
            {"rejection": {"kind": "mask", "mask": "beside.h5", "points": [(0, 0.5)]}},
            {"positions": {"kind": "weighted", "volume": "beside.h5"}},
        ],
    )
    def test_arrays_beside_the_volume_are_closed_with_it(self, sparse_volume, changes):
        """No file stays open, of the volume or of what was opened for its crops."""

        def open_files() -> int:
            return h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE)

        with hdf5_writer(sparse_volume.path.parent / "beside.h5", "w", (16, 24, 20), np.uint8) as array:
            array[...] = 1
        before = open_files()
        with open_volume(sparse_volume.path) as volume:
            source_of(volume, **changes).kept(np.arange(2))
            assert open_files() == before + 3
        assert open_files() == before

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
    @given(seed=st.integers(0, 1000), data=st.data())
    def test_decisions_by_bounds_are_those_by_counting(self, sparse_volume, sparse_labels, seed, data):
        """Whatever the function and the numbers drawn, the verdict is that of the voxels."""
        rejection = data.draw(
            st.sampled_from(
                [
                    FEW_PORES,
                    SLOPE,
                    {"kind": "any", "of": [FEW_PORES, SLOPE]},
                    {
                        "kind": "all",
                        "of": [
                            FEW_PORES,
                            {
                                "kind": "max_class_fraction",
                                "class_name": "fibre",
                                "fraction": 0.2,
                                "reject_probability": 0.5,
                            },
                        ],
                    },
                ]
            )
        )
        source = source_of(sparse_volume, shape=(5, 9, 11), rejection=rejection)
        rng = np.random.default_rng(seed)
        starts, numbers = rng.integers(0, [12, 16, 10], (30, 3)), rng.random(30)
        exact = numbers >= source.judge.probabilities(starts)
        assert source.judge.verdicts(starts, numbers).kept.tolist() == exact.tolist()
        attempt, offered = source.judge.first_kept(starts.reshape(6, 5, 3), numbers.reshape(6, 5))
        by_crop = exact.reshape(6, 5)
        assert attempt.tolist() == np.where(by_crop.any(axis=1), by_crop.argmax(axis=1), -1).tolist()
        assert offered.tolist() == np.where(by_crop.any(axis=1), by_crop.argmax(axis=1) + 1, 5).tolist()
