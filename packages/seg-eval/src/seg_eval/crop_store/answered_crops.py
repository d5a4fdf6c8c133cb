"""Answers of a network to crops, wherever they lie, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import SegError
from seg_common.geometry.box import Box
from seg_common.volume.reflection import read_reflected
from seg_eval.crop_store.positions import tile_from
from seg_eval.prediction.orientation import network_axes, volume_axes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.network_pass import NetworkPass


def answered_crops(
    one: NetworkPass, network: Network, image: ArrayReader, starts: NDArray[np.int64], n_classes: int
) -> Iterator[NDArray[np.float32]]:
    """Let a network answer for crops.

    Parameters
    ----------
    one : NetworkPass
        Shape of the tiles, their halo, and the batch size.
    network : Network
        Classifier of tiles.
    image : ArrayReader
        Grey levels of the whole volume; beyond it they are mirrored.
    starts : ndarray of int64, shape (crop, 3)
        First voxel (z, y, x) of the used part of each crop.
    n_classes : int
        Probabilities per voxel.

    Yields
    ------
    ndarray of float32, shape (crop, z, y, x, class)
        Probabilities of the used part of each crop of a batch.

    Raises
    ------
    SegError
        If the network answers with another shape, or with numbers that are not finite.
    """
    plan, whole = one.tiles, Box.whole(image.shape)
    back = (0, *(1 + axis for axis in volume_axes(plan.normal)), 4)
    for first in range(0, len(starts), one.batch_size):
        tiles = [tile_from(plan, (z, y, x)) for z, y, x in starts[first : first + one.batch_size].tolist()]
        cut = np.stack([read_reflected(image, tile.read, whole).transpose(network_axes(plan.normal)) for tile in tiles])
        if plan.slices == 1:
            batch = cut[..., np.newaxis]
        else:
            batch = np.ascontiguousarray(cut.transpose(0, 2, 3, 1))[:, np.newaxis]
        answers = network.predict(batch)
        expected = (len(tiles), *one.network_tile_shape, n_classes)
        if answers.shape != expected or not np.isfinite(answers.sum()):
            msg = (
                f"the network must answer with finite probabilities of shape {expected} (tile, z, y, x, class); got "
                f"{'NaN or infinity' if answers.shape == expected else answers.shape}. Are weights and metadata of one run?"
            )
            raise SegError(msg)
        used = Box(start=tiles[0].context, shape=plan.used_shape)
        yield answers.transpose(back)[(slice(None), *used.slices())]
