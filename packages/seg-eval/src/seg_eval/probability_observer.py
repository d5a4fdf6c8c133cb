"""Count probabilities in the moment of their prediction: they need not be stored for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seg_eval.metrics.class_codes import class_codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume
    from seg_eval.streaming.probability_counts import StreamingProbabilities


class ProbabilityObserver:
    """Count probabilities beside the reference of a volume; a `seg_eval.prediction.predict_region.Observer`.

    Parameters
    ----------
    volume : Volume
        Where the reference is, if there is one.
    counts : StreamingProbabilities
        Takes the counts.
    """

    def __init__(self, volume: Volume, counts: StreamingProbabilities) -> None:
        self._labels, self._ignored = volume.labels, volume.ignored_label
        self._counts = counts

    def __call__(self, block: Box, probabilities: NDArray[np.float32]) -> None:
        """Count a block, in the volume's coordinates, with its probabilities (z, y, x, class)."""
        codes = None
        if self._labels is not None:
            reference = self._labels.read(block)
            known = None if self._ignored is None else reference != self._ignored
            codes = class_codes(reference, self._counts.n_classes, known)
        self._counts.add(block, probabilities, codes)

    def state(self) -> dict[str, NDArray[Any]]:
        """Every array of the counts, by name: a new kind of count is kept without being named here."""
        return dict(_arrays(self._counts))

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave."""
        for name, array in _arrays(self._counts):
            array[...] = state[name]
        self._counts.compared = self._labels is not None


def _arrays(counts: StreamingProbabilities) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, value in vars(counts).items():
        if isinstance(value, np.ndarray):
            yield name, value
        elif isinstance(value, tuple):
            yield from ((f"{name}.{place}", one) for place, one in enumerate(value) if isinstance(one, np.ndarray))
