"""Whole-volume prediction with networks made of numpy."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seg_common.errors import SegError
from seg_common.geometry.box import Box
from seg_common.volume.open_array import open_array
from seg_eval.prediction.aggregation import AGGREGATIONS, aggregation_named
from seg_eval.prediction.memory_budget import MemoryBudget
from seg_eval.prediction.network_pass import NetworkPass
from seg_eval.prediction.plan import PredictionPlan
from seg_eval.prediction.predict_region import IgnoredVoxels, predict_region
from seg_eval.prediction.symmetric_network import choose_symmetries
from seg_eval.prediction.tile_plan import plan_tiles

SHAPE = (5, 14, 11)


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A small scan on disk."""
    path = tmp_path_factory.mktemp("scan") / "image.npy"
    np.save(path, np.random.default_rng(3).integers(0, 256, SHAPE, np.uint8))
    with open_array(path) as reader:
        yield reader


def predicted(network, scan, region, *, tile=(1, 8, 8), halo=(0, 2, 2), overlap=0.5, slices=1, **choices):
    """Labels of the region and the counts."""
    tiles = plan_tiles(region, tile, halo, overlap, slices)
    identity = choose_symmetries(1, tile, None)
    plan = PredictionPlan(
        passes=(NetworkPass(0, "id", "digest", tiles, halo, identity, choices.get("batch_size", 3)),),
        aggregation=aggregation_named(choices.get("aggregation", "gaussian")),
        block_shape=choices.get("block_shape", region.shape),
        n_classes=3,
        block_memory=0,
        budget=MemoryBudget(0, 0),
    )
    labels = np.full(region.shape, 255, np.uint8)
    to_region = tuple(-s for s in region.start)

    def write(number, block, answer):
        labels[block.shifted(to_region).slices()] = answer.labels

    counts = predict_region(network, scan, plan, write, ignored=choices.get("ignored"))
    return labels, counts


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@given(
    block_shape=st.tuples(st.integers(1, 5), st.integers(3, 14), st.integers(3, 11)),
    tile=st.sampled_from(
        [((1, 8, 8), (0, 2, 2)), ((4, 8, 8), (1, 2, 3)), ((8, 16, 16), (2, 2, 2)), ((1, 4, 4), (0, 0, 0))]
    ),
    overlap=st.tuples(*[st.sampled_from([0.0, 0.3, 0.5])] * 3),
    batch_size=st.integers(1, 7),
)
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_block_shape_and_no_batch_size_changes_the_result(
    aggregation, scan, made, block_shape, tile, overlap, batch_size
):
    """Labels and sums of probabilities are equal bit by bit, although tiles are computed again."""
    region, network = Box(start=(0, 1, 0), shape=(5, 12, 11)), made.ContextNetwork()
    shapes = {"tile": tile[0], "halo": tile[1], "overlap": overlap, "aggregation": aggregation}
    labels, counts = predicted(network, scan, region, **shapes)
    again, counts_again = predicted(network, scan, region, **shapes, block_shape=block_shape, batch_size=batch_size)
    np.testing.assert_array_equal(labels, again)
    np.testing.assert_array_equal(counts.probability_steps, counts_again.probability_steps)
    np.testing.assert_array_equal(counts.label_counts, counts_again.label_counts)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_network_that_looks_at_one_voxel_gives_its_thresholds(scan, made, aggregation):
    """Blending, halo and borders leave a pointwise answer as it is."""
    region = Box(start=(1, 2, 3), shape=(3, 11, 7))
    labels, counts = predicted(made.ThresholdNetwork(), scan, region, aggregation=aggregation, block_shape=(2, 5, 4))
    grey = scan.read(region)
    np.testing.assert_array_equal(labels, np.where(grey < 60, 2, np.where(grey >= 170, 1, 0)))
    np.testing.assert_array_equal(counts.label_counts, np.bincount(labels.ravel(), minlength=3))
    # Probabilities of 0 and 1 stay what they are, but for the rounding of float32 weights.
    np.testing.assert_allclose(counts.counted_probability_sums, counts.label_counts, rtol=1e-6)


def test_a_block_takes_the_memory_that_is_planned_for_it(tmp_path, made):
    """Three sums of 4 bytes, a label and a grey level for a voxel; and the tiles of a batch, and the labels of this test."""
    shape = (8, 256, 256)
    np.save(tmp_path / "image.npy", np.zeros(shape, np.uint8))
    choices = {"tile": (1, 64, 64), "halo": (0, 0, 0), "overlap": 0.0}
    with open_array(tmp_path / "image.npy") as image:
        predicted(made.ThresholdNetwork(), image, Box.whole((1, 64, 64)), **choices)  # compiles the kernels
        tracemalloc.start()
        try:
            predicted(made.ThresholdNetwork(), image, Box.whole(shape), **choices)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < (3 * 4 + 1 + 1 + 1 + 3) * np.prod(shape)


@pytest.mark.parametrize("slices", [1, 3, 5])
def test_the_middle_slice_of_25d_is_classified(scan, made, slices):
    """Also in the first and the last slice, where neighbours are mirrored."""
    region = Box.whole(SHAPE)
    labels, _ = predicted(made.ThresholdNetwork(), scan, region, slices=slices)
    grey = scan.read(region)
    np.testing.assert_array_equal(labels, np.where(grey < 60, 2, np.where(grey >= 170, 1, 0)))


def test_channels_are_the_neighbouring_slices(scan):
    """Slice z of a 2.5D tile sees z - 1, z, z + 1; the volume is mirrored beyond its ends."""
    seen = []

    class Spy:
        def predict(self, tiles):
            seen.extend(tiles[:, 0])
            return np.full((*tiles.shape[:-1], 3), 1 / 3, np.float32)

    predicted(Spy(), scan, Box(start=(0, 0, 0), shape=(2, 8, 8)), tile=(1, 8, 8), halo=(0, 0, 0), slices=3)
    grey = scan[:, :8, :8]
    np.testing.assert_array_equal(seen[0], grey[[1, 0, 1]].transpose(1, 2, 0))
    np.testing.assert_array_equal(seen[1], grey[[0, 1, 2]].transpose(1, 2, 0))


def test_the_halo_reads_the_volume_beyond_the_region(scan):
    """Real voxels as far as the volume reaches, mirrored ones only beyond it."""
    seen = []

    class Spy:
        def predict(self, tiles):
            seen.extend(tiles[:, 0, :, :, 0])
            return np.full((*tiles.shape[:-1], 3), 1 / 3, np.float32)

    predicted(Spy(), scan, Box(start=(2, 5, 0), shape=(1, 4, 4)), tile=(1, 8, 8), halo=(0, 2, 2))
    np.testing.assert_array_equal(seen[0], scan[2, 3:11, :8][:, [2, 1, 0, 1, 2, 3, 4, 5]])


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_constant_network_gives_its_constants(scan, made, aggregation):
    region = Box.whole(SHAPE)
    _, counts = predicted(made.ConstantNetwork(), scan, region, aggregation=aggregation)
    expected = [1, 0, 0] if aggregation == "vote" else [0.5, 0.25, 0.25]
    np.testing.assert_allclose(counts.counted_probability_sums / region.voxels, expected, rtol=1e-6)
    if aggregation == "mean":  # sums of weights 1 are exact
        np.testing.assert_array_equal(counts.counted_probability_sums / region.voxels, [0.5, 0.25, 0.25])


def test_the_first_of_equal_classes_wins(scan, made):
    labels, _ = predicted(made.ConstantNetwork((0.25, 0.5, 0.5)), scan, Box.whole(SHAPE))
    assert (labels == 1).all()


def test_ignored_voxels_are_left_out_of_the_second_sum(scan, made, tmp_path):
    """Half of the voxels are ignored; the answer is the same everywhere."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[:, :7] = 255
    np.save(tmp_path / "labels.npy", labels)
    with open_array(tmp_path / "labels.npy") as reader:
        ignored = IgnoredVoxels(reader, 255)
        _, counts = predicted(
            made.ConstantNetwork(), scan, Box.whole(SHAPE), aggregation="mean", ignored=ignored, block_shape=(2, 5, 11)
        )
    np.testing.assert_array_equal(counts.counted_probability_steps * 2, counts.probability_steps)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            lambda tiles: np.zeros((*tiles.shape[:-1], 2), np.float32),
            r"probabilities of shape .* got \(3, 1, 8, 8, 2\)",
        ),
        (lambda tiles: np.full((*tiles.shape[:-1], 3), np.nan, np.float32), "finite probabilities; got NaN"),
    ],
)
def test_nonsense_of_a_network_is_refused(scan, answer, message):
    with pytest.raises(SegError, match=message):
        predicted(SimpleNamespace(predict=answer), scan, Box.whole(SHAPE))
