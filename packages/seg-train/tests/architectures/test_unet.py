"""The modular U-Net: its parameter counts, its shapes, and what a saved file holds."""

from __future__ import annotations

import json
import zipfile
from math import prod

import numpy as np
import pytest

from seg_common.schema.training import UNetConfig
from seg_train.architectures.unet import NetworkInput, build_unet, side_divisor

RESCALED = {"scale": 1 / 255, "offset": 0.0}


def build(rank: int = 2, channels: int = 1, dtype: str = "uint8", **modules: object):
    """Build a network for three classes."""
    return build_unet(UNetConfig(**modules), NetworkInput(rank, channels, dtype, classes=3, **RESCALED))


def trainable(network) -> int:
    return sum(prod(variable.shape) for variable in network.trainable_variables)


@pytest.mark.parametrize(
    ("base_filters", "flat", "solid", "five_slices"),
    [
        (8, 827_763, 2_475_555, 828_627),
        (16, 3_302_883, 9_893_187, 3_304_611),
        (24, 7_425_363, 22_252_899, 7_427_955),
        (32, 13_195_203, 39_554_691, 13_198_659),
    ],
)
def test_trainable_parameters_by_dimensions(base_filters: int, flat: int, solid: int, five_slices: int) -> None:
    """2D, 3D and 2.5D networks of depth 3 have the published numbers of weights."""
    assert trainable(build(base_filters=base_filters)) == flat
    assert trainable(build(rank=3, base_filters=base_filters)) == solid
    assert trainable(build(channels=5, base_filters=base_filters)) == five_slices


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        ({"depth": 2}, 791_907),
        ({"depth": 4}, 13_338_339),
        ({"normalisation": "none"}, 3_297_795),
        ({"residual": False}, 2_332_803),
        ({"down": "pooled", "up": "upsampled"}, 2_333_187),
        ({"convolution": "separable"}, 1_254_341),
    ],
)
def test_trainable_parameters_by_module(modules: dict[str, object], expected: int) -> None:
    """Exchanging one module of the 2D network with f0 = 16 changes its weights as computed by hand."""
    assert trainable(build(base_filters=16, **modules)) == expected


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize(
    "modules",
    [
        {},
        {"down": "pooled", "up": "upsampled"},
        {"convolution": "separable", "residual": False},
        {"normalisation": "none", "dropout": 0.2, "gaussian_noise": 0.1},
    ],
)
def test_output_has_the_input_sides_and_sums_to_one(rank: int, modules: dict[str, object]) -> None:
    """Any multiple of 2^depth is a valid side, and the classes of each voxel have probabilities that sum to 1."""
    network = build(rank, depth=2, base_filters=2, **modules)
    sides = (8, 12, 4)[:rank]
    voxels = np.random.default_rng(0).integers(0, 256, (2, *sides, 1), np.uint8)
    probabilities = network(voxels, training=False).numpy()
    assert probabilities.shape == (2, *sides, 3)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-5)


def test_the_network_rescales_stored_voxels_itself() -> None:
    """uint16 voxels and their rescaled floats give the same answer when the scale goes into the first layer."""
    stored = build_unet(UNetConfig(depth=1, base_filters=2), NetworkInput(2, 1, "uint16", 0.001, -0.5, 2))
    plain = build_unet(UNetConfig(depth=1, base_filters=2), NetworkInput(2, 1, "float32", 1.0, 0.0, 2))
    plain.set_weights(stored.get_weights())
    voxels = np.random.default_rng(0).integers(0, 2**16, (1, 8, 8, 1), np.uint16)
    rescaled = (voxels * 0.001 - 0.5).astype(np.float32)
    np.testing.assert_allclose(stored(voxels).numpy(), plain(rescaled).numpy(), rtol=1e-4)


def test_a_saved_network_holds_built_in_layers_only(tmp_path) -> None:
    """Every class in the saved file belongs to Keras, so that it loads without this package."""
    network = build(depth=2, base_filters=2, dropout=0.1, gaussian_noise=0.1, convolution="separable")
    network.save(tmp_path / "network.keras")
    with zipfile.ZipFile(tmp_path / "network.keras") as file:
        config = json.loads(file.read("config.json"))
    modules = {layer["module"] for layer in config["config"]["layers"]}
    assert modules == {"keras.layers"}
    assert all(layer["registered_name"] is None for layer in config["config"]["layers"])


def test_side_divisor_is_two_to_the_depth() -> None:
    """Each level halves the image once: depth 3 needs multiples of 8."""
    assert side_divisor(UNetConfig(depth=3)) == 8
