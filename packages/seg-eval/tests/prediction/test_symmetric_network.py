"""Averages over symmetries, against networks whose answers are known."""

import numpy as np
import pytest

from seg_common.errors import SegError
from seg_eval.prediction.symmetric_network import SymmetricNetwork, choose_symmetries


class Ramp:
    """The probability of class 1 is the place of a voxel along x in its tile, whatever its grey level."""

    def predict(self, tiles):
        ramp = np.linspace(0, 1, tiles.shape[3], dtype=np.float32)
        p = np.broadcast_to(ramp, tiles.shape[:-1])
        return np.stack([1 - p, p], axis=-1)


class Pointwise:
    """The probability of class 1 is the grey level."""

    def predict(self, tiles):
        p = tiles[..., 0].astype(np.float32) / 255
        return np.stack([1 - p, p], axis=-1)


@pytest.mark.parametrize(
    ("shape", "voxel_size", "orders"),
    [
        ((1, 8, 8), None, [1, 2, 4, 8]),
        ((1, 8, 6), None, [1, 2, 4]),
        ((4, 8, 8), (2.0, 1.0, 1.0), [1, 2, 4, 8, 16]),
        ((8, 8, 8), None, [1, 2, 4, 8, 16, 48]),
        ((8, 8, 8), (1.0, 1.0, 1.5), [1, 2, 4, 8, 16]),  # the whole group exchanges z and y only
    ],
)
def test_groups_of_a_tile(shape, voxel_size, orders):
    """Each is closed: two symmetries one after the other are a third one."""
    probe = np.arange(np.prod(shape)).reshape(shape)
    for order in orders:
        group = choose_symmetries(order, shape, voxel_size)
        assert len(group) == order
        images = {symmetry.apply(probe).tobytes() for symmetry in group}
        assert len(images) == order
        assert {b.apply(a.apply(probe)).tobytes() for a in group for b in group} == images
    assert len(choose_symmetries("all", shape, voxel_size)) == orders[-1]


def test_voxels_that_are_not_cubes_are_never_exchanged():
    for symmetry in choose_symmetries("all", (8, 8, 8), (2.0, 1.0, 1.0)):
        assert symmetry.axes[0] == 0


def test_a_number_without_a_group_is_refused_with_those_that_there_are():
    with pytest.raises(SegError, match=r"must be one of 1, 2, 4 for tiles of shape \(1, 8, 6\).* got 8\."):
        choose_symmetries(8, (1, 8, 6), None)


def test_mirrors_cancel_a_ramp():
    """A ramp and its mirror image have a mean of one half everywhere; the tile as it is keeps the ramp."""
    tiles = np.zeros((2, 1, 4, 4, 1), np.uint8)
    mirrored = SymmetricNetwork(Ramp(), choose_symmetries(2, (1, 4, 4), None)).predict(tiles)
    np.testing.assert_allclose(mirrored, 0.5, rtol=1e-6)
    alone = SymmetricNetwork(Ramp(), choose_symmetries(1, (1, 4, 4), None)).predict(tiles)
    np.testing.assert_array_equal(alone, Ramp().predict(tiles))


@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 4, 4), (4, 4, 4)])
def test_answers_are_turned_back(shape):
    """A network that looks at one voxel is not changed by any symmetry."""
    tiles = np.random.default_rng(0).integers(0, 256, (3, *shape, 1), np.uint8)
    symmetric = SymmetricNetwork(Pointwise(), choose_symmetries("all", shape, None))
    np.testing.assert_allclose(symmetric.predict(tiles), Pointwise().predict(tiles), rtol=1e-6)


def test_the_mean_does_not_depend_on_how_the_volume_is_turned():
    """Turn the tile, predict, turn back: the same as without."""
    tiles = np.random.default_rng(1).integers(0, 256, (1, 4, 4, 4, 1), np.uint8)
    group = choose_symmetries("all", (4, 4, 4), None)

    class Blurred:
        def predict(self, tiles):
            grey = tiles[..., 0].astype(np.float32) / 255
            p = (grey + np.roll(grey, 1, axis=2)) / 2
            return np.stack([1 - p, p], axis=-1)

    network = SymmetricNetwork(Blurred(), group)
    expected = network.predict(tiles)[0]
    assert np.abs(expected - Blurred().predict(tiles)[0]).max() > 0.1
    for symmetry in group[::7]:
        answer = network.predict(np.ascontiguousarray(symmetry.apply(tiles[0]))[np.newaxis])[0]
        np.testing.assert_allclose(symmetry.inverse().apply(answer), expected, atol=1e-6)
