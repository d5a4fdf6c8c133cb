"""Blended probabilities of one block: every pass aggregated for itself, and the mean of all passes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import SegError
from seg_eval.prediction.aggregation.kernels import add_scaled
from seg_eval.prediction.block_accumulator import BlockAccumulator, BlockBuffer
from seg_eval.prediction.block_image import BlockImage
from seg_eval.prediction.orientation import volume_axes
from seg_eval.prediction.symmetric_network import SymmetricNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.plan import PredictionPlan
    from seg_eval.prediction.tile_plan import Tile


class BlockBlender:
    """Run the networks over the tiles of a block; memory is used again for the next block.

    Parameters
    ----------
    networks : sequence of Network
        Classifiers of tiles.
    image : ArrayReader
        Grey levels of the whole volume.
    plan : PredictionPlan
        Passes and aggregation.
    """

    def __init__(self, networks: Sequence[Network], image: ArrayReader, plan: PredictionPlan) -> None:
        self._image = image
        self._plan = plan
        self._total = BlockBuffer()
        sums = BlockBuffer()
        self._passes = [
            (
                one,
                SymmetricNetwork(networks[one.network], one.symmetries),
                BlockAccumulator(one.tiles, plan.aggregation, plan.n_classes, sums),
            )
            for one in plan.passes
        ]

    def probabilities(self, block: Box, advance: Callable[[int], None]) -> NDArray[np.float32]:
        """Predict a block.

        Parameters
        ----------
        block : Box
            Part of the region, in the volume's coordinates.
        advance : callable
            Told the number of tiles after each batch.

        Returns
        -------
        ndarray of float32, shape (z, y, x, class)
            Overwritten by the next block.

        Raises
        ------
        SegError
            If a network answers with another shape, or with numbers that are not finite.
        """
        total = None if len(self._passes) == 1 else self._total.zeros((*block.shape, self._plan.n_classes))
        for one, network, accumulator in self._passes:
            grey = BlockImage(self._image, one.tiles, block)
            accumulator.begin(block)
            back = (0, *(1 + axis for axis in volume_axes(one.tiles.normal)), 4)
            for tiles in _batches(one.tiles.tiles_in(block), one.batch_size):
                answers = network.predict(grey.batch(tiles))
                _require_probabilities(answers, (len(tiles), *one.network_tile_shape, self._plan.n_classes))
                for tile, probabilities in zip(tiles, answers.transpose(back), strict=True):
                    accumulator.add(tile, probabilities)
                advance(len(tiles))
            blended = accumulator.blended()
            if total is None:
                return blended
            add_scaled(total, blended, np.float32(1 / len(self._passes)))
        assert total is not None, "a plan has a pass"
        return total


def _batches(tiles: Iterable[Tile], size: int) -> Iterator[list[Tile]]:
    waiting = iter(tiles)
    while batch := list(islice(waiting, size)):
        yield batch


def _require_probabilities(answers: NDArray[np.float32], shape: tuple[int, ...]) -> None:
    if answers.shape != shape:
        msg = (
            f"the network must answer with probabilities of shape {shape} (tile, z, y, x, class); "
            f"got {answers.shape}. Are weights and metadata of one run?"
        )
        raise SegError(msg)
    if not np.isfinite(answers.sum()):  # the sum is finite only when all terms are, and needs no memory
        msg = "the network must answer with finite probabilities; got NaN or infinity. Did training diverge? See history.csv."
        raise SegError(msg)
