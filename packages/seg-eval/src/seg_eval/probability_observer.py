"""Count probabilities in the moment of their prediction: they need not be stored for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_eval.metrics.class_codes import class_codes

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume
    from seg_eval.streaming.probability_counts import StreamingProbabilities


def compared_to(volume: Volume, counts: StreamingProbabilities) -> Callable[[Box, NDArray[np.float32]], None]:
    """Count probabilities beside the reference of a volume, while they are there.

    Parameters
    ----------
    volume : Volume
        Where the reference is, if there is one.
    counts : StreamingProbabilities
        Takes the counts.

    Returns
    -------
    callable
        Given a box in the volume's coordinates and its probabilities (z, y, x, class); see `predict_region`.
    """
    labels, ignored, n_classes = volume.labels, volume.ignored_label, counts.n_classes

    def observe(box: Box, probabilities: NDArray[np.float32]) -> None:
        codes = None
        if labels is not None:
            reference = labels.read(box)
            codes = class_codes(reference, n_classes, None if ignored is None else reference != ignored)
        counts.add(box, probabilities, codes)

    return observe
