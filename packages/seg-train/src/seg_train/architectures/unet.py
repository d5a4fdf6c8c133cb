"""A modular U-Net in two or three dimensions.

With f(i) = `base_filters` · `growth`^i, k = `kernel_size` and two convolutions per block:

- block(a, b): convolution k to a filters → norm → ReLU → dropout → convolution k to b filters → norm; when residual,
  add convolution k of the block's input to b filters → norm; then ReLU → dropout. Further convolutions have b filters.
- encoder level i = 0 … depth-1: block(f(i), f(i+1)); then down to half the size, along the axes that the level halves.
- bottleneck: block(f(depth), f(depth+1)).
- decoder level i = depth-1 … 0: up to twice the size; concatenate [skip, x]; block(f(i+1), f(i+1)).
- head: Gaussian noise, then a 1-voxel convolution with a softmax over the classes.

References
----------
.. [1] Bertoldo, Decencière, Ryckelynck, Proudhon, "A modular U-Net for automated segmentation of X-ray tomography
   images in composite materials", Frontiers in Materials 8 (2021), doi:10.3389/fmats.2021.761229
.. [2] Ronneberger, Fischer, Brox, "U-Net: convolutional networks for biomedical image segmentation", MICCAI 2015,
   doi:10.1007/978-3-319-24574-4_28
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from seg_train.architectures.modules import Modules
from seg_train.errors import TrainingError

if TYPE_CHECKING:
    import keras

    from seg_common.schema.training import Precision
    from seg_common.schema.unet import UNetConfig

Known = TypeVar("Known")


@dataclass(frozen=True)
class NetworkInput:
    """What the network takes and gives; with the configuration it decides the whole network."""

    rank: int
    """Spatial axes: 2 for 2D and 2.5D, 3 for 3D."""
    channels: int
    """Channels of the input: slices in 2.5D, else 1."""
    dtype: str
    """Type of the stored voxels; they are rescaled inside the network."""
    scale: float
    """First layer: grey level · scale + offset."""
    offset: float
    """First layer: see `scale`."""
    classes: int
    """Classes told apart."""


def build_unet(
    config: UNetConfig,
    network_input: NetworkInput,
    *,
    synchronized: bool = False,
    precision: Precision = "float32",
) -> keras.Model:
    """Build the network.

    Parameters
    ----------
    config : UNetConfig
        Its modules.
    network_input : NetworkInput
        What it takes and gives.
    synchronized : bool
        Whether batch normalisation gathers its statistics over all replicas; needed for several of them.
    precision : {"float32", "bfloat16", "float16"}
        What the network computes in between its first and its last layer. Weights are float32 in any case.

    Returns
    -------
    keras.Model
        From voxels of shape (batch, [z,] y, x, channels) in their stored dtype to probabilities
        (batch, [z,] y, x, class), float32; float64 where Keras' dtype policy is. Sides are free multiples of
        `config.side_divisors`. Only built-in layers.

    Raises
    ------
    TrainingError
        If strides are not numbers yet.
    """
    import keras

    strides = _numbers(config.level_strides)
    modules = Modules(config, network_input.rank, synchronized, precision)
    filters = modules.filters
    sides = (None,) * network_input.rank
    voxels = keras.Input((*sides, network_input.channels), dtype=network_input.dtype, name="voxels")
    x = keras.layers.Rescaling(
        network_input.scale, network_input.offset, dtype=_rescaling_dtype(network_input.dtype), name="rescaling"
    )(voxels)
    skips = []
    for level, stride in enumerate(strides):
        x = modules.block(x, filters(level), filters(level + 1))
        skips.append(x)
        x = modules.down(x, filters(level + 1), stride)
    x = modules.block(x, filters(config.depth), filters(config.depth + 1))
    for level, stride in reversed(list(enumerate(strides))):
        x = modules.up(x, filters(level + 2), stride)
        x = modules.layer("Concatenate")([skips[level], x])
        x = modules.block(x, filters(level + 1), filters(level + 1))
    if config.gaussian_noise:
        x = modules.layer("GaussianNoise", config.gaussian_noise)(x)
    scores = modules.layer("Conv{rank}D", network_input.classes, 1, name="scores")(x)
    probabilities = keras.layers.Softmax(dtype=_at_least("float32"), name="probabilities")(scores)
    return keras.Model(voxels, probabilities, name="unet")


def side_divisor(config: UNetConfig) -> int:
    """Give the number that every side of an input may be a multiple of: the largest of `config.side_divisors`.

    Raises
    ------
    TrainingError
        If strides are not numbers yet.
    """
    return max(_numbers(config.side_divisors))


def _numbers(found: Known | None) -> Known:
    if found is None:
        msg = "strides must be numbers to build a network; got 'auto'. Replace it by the rule for the voxel size."
        raise TrainingError(msg)
    return found


def _rescaling_dtype(stored: str) -> str:
    """Type to rescale in: one that holds every grey level, whatever the network computes in."""
    return "float64" if stored in ("int32", "uint32", "float64") else _at_least("float32")


def _at_least(dtype: str) -> str:
    """Take a type, or float64 when the network computes in it."""
    import keras

    return "float64" if keras.config.dtype_policy().compute_dtype == "float64" else dtype
