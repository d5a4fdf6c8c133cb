"""The work of a prediction: for each block of a region, tiles, blending, labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seg_common.cli_support import progress
from seg_eval.prediction.block_accumulator import PROBABILITY_STEPS, classified
from seg_eval.prediction.block_blender import BlockBlender
from seg_eval.prediction.network import as_networks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.array_reader import ArrayReader
    from seg_eval.prediction.block_accumulator import BlockAnswer
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.plan import PredictionPlan
    from seg_eval.prediction.working_store import WorkingStore

OBSERVED = "observed."
"""What an observer counted, in the journal."""


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


class Observer(Protocol):
    """Whoever looks at the probabilities of a block while they are there."""

    def __call__(self, block: Box, probabilities: NDArray[np.float32]) -> None:
        """Look at a block, in the volume's coordinates; its probabilities (z, y, x, class) must not be changed."""

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything counted so far, by name."""

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave."""


def predict_region(
    networks: Network | Sequence[Network],
    image: ArrayReader,
    plan: PredictionPlan,
    write: Callable[[int, Box, BlockAnswer], None],
    *,
    ignored: IgnoredVoxels | None = None,
    observer: Observer | None = None,
    store: WorkingStore | None = None,
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
        Given each block's number, its box in the volume's coordinates, and what the tiles say about it.
    ignored : IgnoredVoxels, optional
        Voxels to leave out of `RegionPrediction.counted_probability_steps`.
    observer : Observer, optional
        Shown every block.
    store : WorkingStore, optional
        Journal of finished blocks: those that it has are left out, and each one more is told to it. Those of them that
        are damaged are predicted and written again, and not counted twice.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    RegionPrediction
        The same for any block shape and any batch size, interrupted or not.

    Raises
    ------
    SegError
        If a network answers with another shape, or with numbers that are not finite.
    """
    blender = BlockBlender(as_networks(networks, 1 + max(one.network for one in plan.passes)), image, plan)
    counts = RegionPrediction(*(np.zeros(plan.n_classes, np.int64) for _ in range(3)))
    finished, damaged = 0, frozenset[int]()
    if store is not None and store.finished:
        finished, damaged = store.finished, store.damaged
        _restore(store.counts(), counts, observer)
    with progress(plan.tiles_computed(), "predicting tiles", quiet=quiet) as advance:
        for number, block in enumerate(plan.blocks()):
            if number < finished and number not in damaged:
                advance(sum(one.tiles.count_in(block) for one in plan.passes))
                continue
            counted = None if ignored is None else ignored.labels.read(block) != ignored.ignored_label
            answer = classified(blender.probabilities(block, advance), counted)
            write(number, block, answer)
            if number in damaged:
                continue
            if observer is not None:
                observer(block, answer.probabilities)
            counts.label_counts[...] += answer.label_counts
            counts.probability_steps[...] += answer.probability_steps
            counts.counted_probability_steps[...] += answer.counted_probability_steps
            if store is not None:
                store.finish(number, _state(counts, observer))
    return counts


def _state(counts: RegionPrediction, observer: Observer | None) -> dict[str, NDArray[Any]]:
    seen = {} if observer is None else observer.state()
    return {**vars(counts), **{f"{OBSERVED}{name}": array for name, array in seen.items()}}


def _restore(state: Mapping[str, NDArray[Any]], counts: RegionPrediction, observer: Observer | None) -> None:
    for name, array in vars(counts).items():
        array[...] = state[name]
    if observer is not None:
        observer.restore({name.removeprefix(OBSERVED): a for name, a in state.items() if name.startswith(OBSERVED)})
