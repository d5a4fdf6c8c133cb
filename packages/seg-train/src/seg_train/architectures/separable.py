"""Depthwise separable convolution in two and three dimensions.

Keras has no separable 3D convolution. A grouped convolution with one group per channel is the depthwise half of one,
and a 1-voxel convolution the pointwise half; both are built-in layers. Keras compiles grouped convolutions with XLA, since
TensorFlow has none for processors: they train there, and cost a compilation for each shape of a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def separable_convolution(x: Any, filters: int, kernel_shape: Sequence[int], policy: str | None = None) -> Any:
    """Filter each channel by a kernel of its own, then mix the channels; the bias belongs to the mixing.

    Parameters
    ----------
    x : keras tensor, shape (batch, [z,] y, x, channels)
        Input.
    filters : int
        Channels of the output.
    kernel_shape : sequence of int
        Edge lengths ([z,] y, x) of the kernels.
    policy : str, optional
        Name of Keras' dtype policy; that of the process when not given.

    Returns
    -------
    keras tensor, shape (batch, [z,] y, x, filters)
    """
    import keras

    if len(kernel_shape) == 2:
        return keras.layers.SeparableConv2D(filters, tuple(kernel_shape), padding="same", dtype=policy)(x)
    channels = x.shape[-1]
    depthwise = keras.layers.Conv3D(
        channels, tuple(kernel_shape), padding="same", groups=channels, use_bias=False, dtype=policy
    )
    return keras.layers.Conv3D(filters, 1, dtype=policy)(depthwise(x))
