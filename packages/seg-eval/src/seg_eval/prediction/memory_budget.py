"""Share the memory of the machine between the libraries, the network and a block of the volume."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import SegError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_eval.prediction.network_pass import NetworkPass
    from seg_eval.prediction.options import PredictionOptions
    from seg_eval.prediction.trained_model import TrainedModel

LIBRARY_BYTES = 2**30
"""Python with TensorFlow, a loaded network, and what drawing a report takes later: measured 0.75 to 0.95 GiB."""
SMALLEST_BLOCK_BYTES = 2**24
LIVE_CHANNELS = 8
"""Feature maps of full size that live at one time, as multiples of the filters of the first level: two of a skip
connection, two of its other half, the input and the output of a convolution, and its working memory."""


@dataclass(frozen=True)
class MemoryBudget:
    """Where the memory goes."""

    network_bytes: int
    """Activations of the largest call of a network, and copies of its batch and answers."""
    block_bytes: int
    """A block of the volume."""


def network_bytes(model: TrainedModel, one: NetworkPass) -> int:
    """Estimate the memory that a network takes for a batch.

    Parameters
    ----------
    model : TrainedModel
        What the network is built of.
    one : NetworkPass
        Its tiles.

    Returns
    -------
    int
        Activations of the first level in single precision; deeper levels are smaller by the factor of their strides. With
        symmetries also a turned batch, and the sum of the answers.
    """
    config = model.record.config.model
    filters = round(config.base_filters * config.growth)
    classes = len(model.class_names)
    voxels = one.batch_size * prod(one.network_tile_shape)
    network = model.record.network
    needed = voxels * 4 * (LIVE_CHANNELS * filters + network.channels + 2 * classes)
    if len(one.symmetries) > 1:
        needed += voxels * (network.channels * np.dtype(network.input_dtype).itemsize + 4 * classes)
    return needed


def share_memory(
    options: PredictionOptions, models: Sequence[TrainedModel], passes: Sequence[NetworkPass]
) -> MemoryBudget:
    """Share the memory that there is.

    Parameters
    ----------
    options : PredictionOptions
        With `max_memory`, the memory of the whole process; without, `block_bytes` is what a block gets.
    models : sequence of TrainedModel
        The models.
    passes : sequence of NetworkPass
        Their tiles.

    Returns
    -------
    MemoryBudget
        What the network takes; its block is what is left, and may be too small.
    """
    needed = max(network_bytes(models[one.network], one) for one in passes)
    if options.max_memory is None:
        return MemoryBudget(needed, options.block_bytes)
    return MemoryBudget(needed, options.max_memory - LIBRARY_BYTES - needed)


def too_little(options: PredictionOptions, budget: MemoryBudget) -> SegError:
    """Say how much memory would do."""
    least = LIBRARY_BYTES + budget.network_bytes + SMALLEST_BLOCK_BYTES
    msg = (
        f"the memory must hold the libraries, the network and a small block, about {least / 2**30:.2f} GiB; "
        f"got {(options.max_memory or 0) / 2**30:.2f} GiB. Give more, or a smaller --batch-size or --tile-shape."
    )
    return SegError(msg)
