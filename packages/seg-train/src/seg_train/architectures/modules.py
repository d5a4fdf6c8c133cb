"""The exchangeable parts of a U-Net, for one number of dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seg_train.architectures.separable import separable_convolution

if TYPE_CHECKING:
    from seg_common.schema.training import Precision
    from seg_common.schema.unet import Stride3, UNetConfig

NORMALISATION_MOMENTUM = 0.9
"""Memory of the running statistics per step; with Keras' 0.99 the network validates badly for its first few hundred steps."""


@dataclass(frozen=True)
class Modules:
    """Builds parts of a network as its configuration says; every part is made of built-in layers."""

    config: UNetConfig
    """Which parts."""
    rank: int
    """Spatial axes: 2 or 3."""
    synchronized: bool
    """Whether batch normalisation gathers its statistics over all replicas."""
    precision: Precision = "float32"
    """What convolutions compute in."""

    def layer(self, kind: str, *args: Any, **kwargs: Any) -> Any:
        """Make a layer; ``{rank}`` in the name of its kind stands for the number of dimensions."""
        import keras

        return getattr(keras.layers, kind.format(rank=self.rank))(*args, **{"dtype": self.policy, **kwargs})

    @property
    def policy(self) -> str | None:
        """Name of Keras' dtype policy for a layer; None leaves it to the policy of the process."""
        return None if self.precision == "float32" else f"mixed_{self.precision}"

    def filters(self, level: int) -> int:
        """Round f0·g^level."""
        return round(self.config.base_filters * self.config.growth**level)

    def block(self, block_input: Any, first: int, last: int) -> Any:
        """Convolve to `first` filters, then to `last` as often as the configuration says; one convolution gives `last`."""
        rest = self.config.convolutions - 1
        x = block_input
        for filters in [first, *[last] * (rest - 1)] if rest else []:
            x = self.dropout(self.relu(self.convolution(x, filters)))
        x = self.convolution(x, last)
        if self.config.residual:
            x = self.layer("Add")([x, self.convolution(block_input, last)])
        return self.dropout(self.relu(x))

    def convolution(self, x: Any, filters: int) -> Any:
        """Convolve and normalise."""
        if self.config.convolution == "separable":
            return self.normalise(separable_convolution(x, filters, self._kernel, self.policy))
        return self.normalise(self.layer("Conv{rank}D", filters, self._kernel, padding="same")(x))

    def down(self, x: Any, filters: int, stride: Stride3) -> Any:
        """Make the image smaller."""
        if self.config.down == "pooled":
            # TensorFlow has no 3D pooling in float16 for processors; the largest of some numbers is the same in any type.
            policy = "float32" if self.precision == "float16" else self.policy
            return self.layer("MaxPooling{rank}D", self._axes(stride), dtype=policy)(x)
        x = self.layer("Conv{rank}D", filters, self._kernel, strides=self._axes(stride), padding="same")(x)
        return self.relu(self.normalise(x))

    def up(self, x: Any, filters: int, stride: Stride3) -> Any:
        """Make the image larger."""
        if self.config.up == "upsampled":
            return self.layer("UpSampling{rank}D", self._axes(stride))(x)
        x = self.layer("Conv{rank}DTranspose", filters, self._kernel, strides=self._axes(stride), padding="same")(x)
        return self.relu(self.normalise(x))

    def normalise(self, x: Any) -> Any:
        """Normalise activations."""
        kind = self.config.normalisation
        if kind == "batch":
            return self.layer("BatchNormalization", momentum=NORMALISATION_MOMENTUM, synchronized=self.synchronized)(x)
        if kind == "layer":
            return self.layer("LayerNormalization")(x)
        if kind == "group":
            return self.layer("GroupNormalization", _groups(x.shape[-1], self.config.group_size))(x)
        return x

    def relu(self, x: Any) -> Any:
        """Cut negative activations off."""
        return self.layer("ReLU")(x)

    def dropout(self, x: Any) -> Any:
        """Drop activations in training, if the configuration says so."""
        return self.layer("Dropout", self.config.dropout)(x) if self.config.dropout else x

    @property
    def _kernel(self) -> tuple[int, ...]:
        return self._axes(self.config.kernel_shape)

    def _axes(self, values: tuple[int, int, int]) -> tuple[int, ...]:
        """Leave z away in two dimensions."""
        return values[3 - self.rank :]


def _groups(channels: int, size: int) -> int:
    """Count the groups of at most `size` channels each, all alike."""
    return channels // max(n for n in range(1, min(size, channels) + 1) if channels % n == 0)
