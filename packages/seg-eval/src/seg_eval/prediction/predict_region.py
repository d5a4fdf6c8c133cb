"""The work of a prediction: for each block of a region, tiles, blending, labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.cli_support import progress
from seg_eval.prediction.block_accumulator import PROBABILITY_STEPS, classified
from seg_eval.prediction.block_blender import BlockBlender
from seg_eval.prediction.network import as_networks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.plan import PredictionPlan


@dataclass(frozen=True)
class IgnoredVoxels:
    """Voxels that nobody annotated."""

    labels: ArrayReader
    """Labels of the whole volume."""
    ignored_label: int
    """Value of those voxels."""


@dataclass(frozen=True)
class RegionPrediction:
    """What is counted while a region is predicted: integers, so that it does not depend on the blocks."""

    label_counts: NDArray[np.int64]
    """Voxels by predicted class, shape (class,)."""
    probability_steps: NDArray[np.int64]
    """Probabilities of each class summed over the region, in steps of 2^-28, shape (class,)."""
    counted_probability_steps: NDArray[np.int64]
    """The same over the voxels that are not ignored."""

    @property
    def counted_probability_sums(self) -> NDArray[np.float64]:
        """Probabilities of each class summed over the voxels that are not ignored, shape (class,)."""
        sums: NDArray[np.float64] = self.counted_probability_steps / PROBABILITY_STEPS
        return sums


def predict_region(
    networks: Network | Sequence[Network],
    image: ArrayReader,
    plan: PredictionPlan,
    write: Callable[[Box, NDArray[np.uint8]], None],
    *,
    ignored: IgnoredVoxels | None = None,
    observe: Callable[[Box, NDArray[np.float32]], None] | None = None,
    quiet: bool = True,
) -> RegionPrediction:
    """Predict a region block by block.

    Parameters
    ----------
    networks : Network or sequence of Network
        Classifiers of tiles, as many as the passes of the plan refer to.
    image : ArrayReader
        Grey levels of the whole volume; tiles at the region's border see the voxels beyond it.
    plan : PredictionPlan
        Tiles, blending and blocks.
    write : callable
        Given each block, in the volume's coordinates, with its labels (z, y, x).
    ignored : IgnoredVoxels, optional
        Voxels to leave out of `RegionPrediction.counted_probability_steps`.
    observe : callable, optional
        Given each block, in the volume's coordinates, with its probabilities (z, y, x, class), which it must not change.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    RegionPrediction
        The same for any block shape and any batch size.

    Raises
    ------
    SegError
        If a network answers with another shape, or with numbers that are not finite.
    """
    blender = BlockBlender(as_networks(networks, 1 + max(one.network for one in plan.passes)), image, plan)
    label_counts, steps, counted_steps = (np.zeros(plan.n_classes, np.int64) for _ in range(3))
    with progress(plan.tiles_computed(), "predicting tiles", quiet=quiet) as advance:
        for block in plan.blocks():
            counted = None if ignored is None else ignored.labels.read(block) != ignored.ignored_label
            answer = classified(blender.probabilities(block, advance), counted)
            if observe is not None:
                observe(block, answer.probabilities)
            write(block, answer.labels)
            label_counts += np.bincount(answer.labels.ravel(), minlength=plan.n_classes)
            steps += answer.probability_steps
            counted_steps += answer.counted_probability_steps
    return RegionPrediction(label_counts, steps, counted_steps)
