"""A modular U-Net in two or three dimensions.

With f0 = `base_filters` and k = `kernel_size`:

- block(a, b): convolution k to a filters → norm → ReLU → dropout → convolution k to b filters → norm; when residual,
  add convolution k of the block's input to b filters → norm; then ReLU → dropout.
- encoder level i = 0 … depth-1: block(f0·2^i, f0·2^(i+1)); then down to half the size.
- bottleneck: block(f0·2^depth, f0·2^(depth+1)).
- decoder level i = depth-1 … 0: up to twice the size; concatenate [skip, x]; block(f0·2^(i+1), f0·2^(i+1)).
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
from typing import TYPE_CHECKING, Any

from seg_train.architectures.separable import separable_convolution

if TYPE_CHECKING:
    import keras

    from seg_common.schema.training import UNetConfig


NORMALISATION_MOMENTUM = 0.9
"""Memory of the running statistics per step; with Keras' 0.99 the network validates badly for its first few hundred steps."""


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


def build_unet(config: UNetConfig, network_input: NetworkInput, *, synchronized: bool = False) -> keras.Model:
    """Build the network.

    Parameters
    ----------
    config : UNetConfig
        Its modules.
    network_input : NetworkInput
        What it takes and gives.
    synchronized : bool
        Whether batch normalisation gathers its statistics over all replicas; needed for several of them.

    Returns
    -------
    keras.Model
        From voxels of shape (batch, [z,] y, x, channels) in their stored dtype to probabilities
        (batch, [z,] y, x, class), float32. Sides are free multiples of 2^depth. Only built-in layers.
    """
    import keras

    modules = _Modules(keras.layers, config, network_input.rank, synchronized)
    sides = (None,) * network_input.rank
    voxels = keras.Input((*sides, network_input.channels), dtype=network_input.dtype, name="voxels")
    x = keras.layers.Rescaling(network_input.scale, network_input.offset, name="rescaling")(voxels)
    skips = []
    for level in range(config.depth):
        x = modules.block(x, config.base_filters * 2**level, config.base_filters * 2 ** (level + 1))
        skips.append(x)
        x = modules.down(x, config.base_filters * 2 ** (level + 1))
    x = modules.block(x, config.base_filters * 2**config.depth, config.base_filters * 2 ** (config.depth + 1))
    for level in reversed(range(config.depth)):
        x = modules.up(x, config.base_filters * 2 ** (level + 2))
        x = keras.layers.Concatenate()([skips[level], x])
        x = modules.block(x, config.base_filters * 2 ** (level + 1), config.base_filters * 2 ** (level + 1))
    if config.gaussian_noise:
        x = keras.layers.GaussianNoise(config.gaussian_noise)(x)
    scores = modules.layer("Conv{rank}D", network_input.classes, 1, name="scores")(x)
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(scores)
    return keras.Model(voxels, probabilities, name="unet")


@dataclass(frozen=True)
class _Modules:
    """The exchangeable parts, for one rank."""

    layers: Any
    config: UNetConfig
    rank: int
    synchronized: bool

    def layer(self, kind: str, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.layers, kind.format(rank=self.rank))(*args, **kwargs)

    def normalise(self, x: Any) -> Any:
        if self.config.normalisation == "none":
            return x
        return self.layers.BatchNormalization(momentum=NORMALISATION_MOMENTUM, synchronized=self.synchronized)(x)

    def relu(self, x: Any) -> Any:
        return self.layers.ReLU()(x)

    def dropout(self, x: Any) -> Any:
        return self.layers.Dropout(self.config.dropout)(x) if self.config.dropout else x

    def convolution(self, x: Any, filters: int) -> Any:
        if self.config.convolution == "separable":
            x = separable_convolution(x, filters, self.config.kernel_size, self.rank)
        else:
            x = self.layer("Conv{rank}D", filters, self.config.kernel_size, padding="same")(x)
        return self.normalise(x)

    def block(self, block_input: Any, first: int, second: int) -> Any:
        x = self.dropout(self.relu(self.convolution(block_input, first)))
        x = self.convolution(x, second)
        if self.config.residual:
            x = self.layers.Add()([x, self.convolution(block_input, second)])
        return self.dropout(self.relu(x))

    def down(self, x: Any, filters: int) -> Any:
        if self.config.down == "pooled":
            return self.layer("MaxPooling{rank}D", 2)(x)
        x = self.layer("Conv{rank}D", filters, self.config.kernel_size, strides=2, padding="same")(x)
        return self.relu(self.normalise(x))

    def up(self, x: Any, filters: int) -> Any:
        if self.config.up == "upsampled":
            return self.layer("UpSampling{rank}D", 2)(x)
        x = self.layer("Conv{rank}DTranspose", filters, self.config.kernel_size, strides=2, padding="same")(x)
        return self.relu(self.normalise(x))


def side_divisor(config: UNetConfig) -> int:
    """Give the number that each side of an input must be a multiple of."""
    return 1 << config.depth
