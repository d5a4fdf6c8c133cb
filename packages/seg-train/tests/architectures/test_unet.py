"""The modular U-Net: its parameter counts, its shapes, and what a saved file holds."""

from __future__ import annotations

import json
import zipfile
from math import prod

import numpy as np
import pytest

from seg_common.schema.unet import PRESETS, UNetConfig
from seg_train.architectures.unet import NetworkInput, build_unet, side_divisor
from seg_train.errors import TrainingError

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
        ({"preset": "modular_unet"}, 3_302_883),
    ],
)
def test_trainable_parameters_by_module(modules: dict[str, object], expected: int) -> None:
    """Exchanging one module of the 2D network with f0 = 16 changes its weights as computed by hand."""
    assert trainable(build(base_filters=16, **modules)) == expected


def test_trainable_parameters_of_one_convolution_per_block_by_hand() -> None:
    """Depth 1, f0 = 2, growth 1.5, so 2, 3, 4 (4.5 rounded to even) filters and kernels of 1 by 3 by 1 voxels, 1 channel, 3 classes.

    Encoder 3·1·3 + 3 = 12; strided 3·3·3 + 3 = 30; bottleneck block to f(2) = 4: 3·3·4 + 4 = 40; transposed to f(2) = 4:
    3·4·4 + 4 = 52; decoder from 3 + 4 channels to 3: 3·7·3 + 3 = 66; scores 3·3 + 3 = 12.
    """
    modules = {"growth": 1.5, "convolutions": 1, "kernel_size": (1, 3, 1), "residual": False, "normalisation": "none"}
    assert trainable(build(rank=3, depth=1, base_filters=2, **modules)) == 12 + 30 + 40 + 52 + 66 + 12


@pytest.mark.parametrize(
    ("rank", "modules"),
    [
        (2, {"down": "pooled", "up": "upsampled"}),
        (2, {"convolution": "separable", "residual": False, "kernel_size": (1, 3, 5)}),
        (2, {"normalisation": "group", "group_size": 2, "convolutions": 3, "growth": 1.5}),
        (3, {"normalisation": "none", "dropout": 0.2, "gaussian_noise": 0.1}),
        (3, {"normalisation": "layer", "convolutions": 1, "convolution": "separable"}),
    ],
)
def test_every_module_gives_probabilities_and_gradients(tensorflow, rank: int, modules: dict[str, object]) -> None:
    """Any multiple of the strides is a valid side, classes of a voxel sum to 1, and every weight learns on this machine."""
    network = build(rank, depth=1, base_filters=3, **modules)
    sides = (2, 6, 4)[3 - rank :]
    voxels = np.random.default_rng(0).integers(0, 256, (2, *sides, 1), np.uint8)
    with tensorflow.GradientTape() as tape:
        probabilities = network(voxels, training=True)
        value = tensorflow.reduce_sum(probabilities[..., 0] ** 2)
    assert probabilities.shape == (2, *sides, 3)
    np.testing.assert_allclose(probabilities.numpy().sum(axis=-1), 1, rtol=1e-5)
    gradients = tape.gradient(value, network.trainable_variables)
    assert all(np.isfinite(gradient.numpy()).all() for gradient in gradients)
    kernels = [g.numpy() for g, v in zip(gradients, network.trainable_variables, strict=True) if "kernel" in v.path]
    assert all(np.abs(kernel).max() > 0 for kernel in kernels)


@pytest.mark.parametrize("samplings", [{}, {"down": "pooled", "up": "upsampled"}])
def test_strides_may_leave_an_axis_alone(samplings: dict[str, object]) -> None:
    """A level that halves y and x only takes any number of slices."""
    network = build(3, depth=1, base_filters=2, strides=[(1, 2, 2)], **samplings)
    assert network(np.zeros((1, 3, 2, 4, 1), np.uint8)).shape == (1, 3, 2, 4, 3)


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


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint32", "int8"])
def test_every_stored_type_is_rescaled_where_it_is_exact(dtype: str) -> None:
    """Grey levels around a large mean differ by 1 after rescaling, too: they are subtracted before any rounding."""
    mean = 100 if dtype == "int8" else 1000 if dtype == "float16" else 10_000_000
    network = build_unet(UNetConfig(depth=1, base_filters=2), NetworkInput(2, 1, dtype, 1.0, -float(mean), 2))
    rescaled = network.get_layer("rescaling")(np.array([[[[mean], [mean + 1]]]], dtype)).numpy()
    assert rescaled.ravel().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("policy", "rescaling", "answer"), [("mixed_bfloat16", "float32", "float32"), ("float64",) * 3]
)
def test_the_ends_of_the_network_are_exact_under_any_policy(policy: str, rescaling: str, answer: str) -> None:
    """bfloat16 would confuse grey levels of 16 bits and round probabilities; float64 stays float64."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = build(dtype="uint16", depth=1, base_filters=2)
    finally:
        keras.config.set_dtype_policy(before)
    assert network.get_layer("rescaling").compute_dtype == rescaling
    assert network.get_layer("scores").compute_dtype == policy.removeprefix("mixed_")
    assert network(np.zeros((1, 4, 4, 1), np.uint16)).dtype == answer


def test_side_divisor_is_the_largest_product_of_strides() -> None:
    """Each level halves the image once: depth 3 needs multiples of 8, along the axis that is always halved."""
    assert side_divisor(UNetConfig(depth=3)) == 8
    assert side_divisor(UNetConfig(depth=2, strides=[(1, 2, 2), (1, 2, 1)])) == 4


def test_automatic_strides_are_replaced_before_a_network_is_built() -> None:
    """They depend on the volume."""
    with pytest.raises(TrainingError, match="strides must be numbers"):
        build(strides="auto")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_build(name: str) -> None:
    """With few filters, since only the modules are looked at."""
    network = build(3, preset=name, base_filters=2)
    kinds = {type(layer).__name__ for layer in network.layers}
    assert ("Add" in kinds) == (name == "modular_unet")
    assert ("MaxPooling3D" in kinds) == (name == "unet_3d_2016")
