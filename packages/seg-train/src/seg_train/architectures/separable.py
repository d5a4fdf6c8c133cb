"""Depthwise separable convolution in two and three dimensions.

Keras has no separable 3D convolution. A grouped convolution with one group per channel is the depthwise half of one,
and a 1-voxel convolution the pointwise half; both are built-in layers.
"""

from __future__ import annotations

from typing import Any


def separable_convolution(x: Any, filters: int, kernel_size: int, rank: int) -> Any:
    """Filter each channel by a kernel of its own, then mix the channels; the bias belongs to the mixing.

    Parameters
    ----------
    x : keras tensor, shape (batch, [z,] y, x, channels)
        Input.
    filters : int
        Channels of the output.
    kernel_size : int
        Edge length of the kernels.
    rank : int
        Spatial axes, 2 or 3.

    Returns
    -------
    keras tensor, shape (batch, [z,] y, x, filters)
    """
    import keras

    if rank == 2:
        return keras.layers.SeparableConv2D(filters, kernel_size, padding="same")(x)
    channels = x.shape[-1]
    x = keras.layers.Conv3D(channels, kernel_size, padding="same", groups=channels, use_bias=False)(x)
    return keras.layers.Conv3D(filters, 1)(x)
