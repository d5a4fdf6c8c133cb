"""Plans within a memory limit."""

import tracemalloc

import numpy as np
import pytest

from seg_common.errors import SegError
from seg_common.geometry.box import Box
from seg_common.volume.opened_volume import open_volume
from seg_eval.prediction.block_accumulator import PROBABILITY_STEPS
from seg_eval.prediction.memory_budget import LIBRARY_BYTES, SMALLEST_BLOCK_BYTES, network_bytes
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.plan import LARGEST_REGION, plan_prediction
from seg_eval.prediction.symmetric_network import SymmetricNetwork
from seg_eval.prediction.trained_model import open_model


@pytest.fixture
def planned(made, tmp_path):
    """Plan a region of 600² x 40 voxels, of which only the shape is there."""
    image, labels = made.scan((12, 24, 20))
    file = made.volume(tmp_path / "scan", image, labels)

    def plan(dimensions="2D", region=(40, 600, 600), **options):
        crop = (1, 16, 16) if dimensions == "2D" else (16, 16, 16)
        root = made.model(tmp_path / dimensions, file, Box.whole((12, 24, 20)), dimensions=dimensions, crop_shape=crop)
        model = open_model(root)
        with open_volume(file) as volume:
            return model, plan_prediction(model, volume, Box.whole(region), PredictionOptions(**options))

    return plan


def test_nothing_is_made_smaller_while_the_memory_does(planned):
    """The grid of tiles, the batch and so every voxel are those of unlimited memory; blocks take what is left."""
    _, free = planned()
    _, limited = planned(max_memory=LIBRARY_BYTES + free.budget.network_bytes + 2 * SMALLEST_BLOCK_BYTES)
    assert limited.passes == free.passes
    assert limited.budget.block_bytes == 2 * SMALLEST_BLOCK_BYTES
    assert limited.block_memory <= 2 * SMALLEST_BLOCK_BYTES < free.block_memory
    assert limited.block_shape != free.block_shape


@pytest.mark.parametrize("dimensions", ["2D", "3D"])
def test_batches_then_tiles_shrink_where_they_must(planned, dimensions):
    model, free = planned(dimensions)
    one = free.passes[0]
    tile_bytes = network_bytes(model, one) // one.batch_size
    _, single = planned(dimensions, max_memory=LIBRARY_BYTES + tile_bytes + SMALLEST_BLOCK_BYTES)
    assert (single.batch_size, single.tiles.tile_shape) == (1, free.tiles.tile_shape)
    _, small = planned(dimensions, max_memory=LIBRARY_BYTES + tile_bytes // 2 + SMALLEST_BLOCK_BYTES)
    assert small.batch_size == 1
    assert max(small.tiles.tile_shape) < max(free.tiles.tile_shape)
    assert all(side % 4 == 0 for side in small.tiles.tile_shape if side > 1)
    assert small.budget.network_bytes <= tile_bytes // 2


def test_copies_of_turned_tiles_count(planned, made):
    """What is estimated for them is what numpy allocates beside the network's own memory."""
    _, plain = planned(tile_shape=(1, 256, 256), batch_size=4)
    _, turned = planned(tile_shape=(1, 256, 256), batch_size=4, symmetries=8)
    estimated = turned.budget.network_bytes - plain.budget.network_bytes
    assert estimated == 4 * 256**2 * (1 + 4 * 3)  # a channel of uint8, three probabilities of float32
    tiles, peaks = np.zeros((4, 1, 256, 256, 1), np.uint8), []
    for plan in (plain, turned):
        network = SymmetricNetwork(made.ConstantNetwork(), plan.passes[0].symmetries)
        tracemalloc.start()
        network.predict(tiles)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] == pytest.approx(estimated, rel=0.02)
    limit = LIBRARY_BYTES + plain.budget.network_bytes + SMALLEST_BLOCK_BYTES
    _, small = planned(max_memory=limit, tile_shape=(1, 256, 256), symmetries=8)
    assert small.batch_size < planned(max_memory=limit, tile_shape=(1, 256, 256))[1].batch_size


def test_what_was_asked_for_is_kept_or_refused(planned):
    _, free = planned()
    limit = LIBRARY_BYTES + free.budget.network_bytes // 4
    with pytest.raises(SegError, match=r"the network and a small block, about 1\.\d+ GiB; got 1\.\d+ GiB\. Give more"):
        planned(max_memory=limit, batch_size=free.batch_size, tile_shape=free.tiles.tile_shape)
    with pytest.raises(SegError, match=r"got 0\.50 GiB"):
        planned(max_memory=2**29)
    _, kept = planned(max_memory=limit, batch_size=free.batch_size)
    assert kept.batch_size == free.batch_size


def test_no_region_is_too_large_to_be_summed(planned):
    """2^63 steps of 2^-28 are 2^35 voxels."""
    message = r"at most 30,000,000,000 voxels, .* holds 30,000,000,001\. Predict its parts"
    with pytest.raises(SegError, match=message):
        planned(region=(30_000_000_001, 1, 1))
    assert LARGEST_REGION * PROBABILITY_STEPS * 1.1 < 2**63
