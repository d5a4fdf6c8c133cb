"""Grey levels of a region beside those of training: a network has not learnt what it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.schema.evaluation_without_reference import GreyRange
from seg_eval.metrics.histogram_shift import WARN_ABOVE, unexplained_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.schema.histogram import GreyHistogram
    from seg_eval.measurement import Measurement

TAIL = 0.001
"""Share of the training voxels beyond either end of the range: single outliers do not stretch it."""

WARN_BEYOND = 0.01
"""Five times as many voxels beyond the range as training has."""


def grey_range(histogram: GreyHistogram | None, measurement: Measurement) -> GreyRange | None:
    """Compare the grey levels of a region with those of the training region.

    Parameters
    ----------
    histogram : GreyHistogram, optional
        Grey levels by class of the training region.
    measurement : Measurement
        Counts of the region, in the same bins.

    Returns
    -------
    GreyRange or None
        None without a histogram, or without grey levels of the region.

    Notes
    -----
    The range goes from the edge of the bin that holds the 0.1 % quantile of the training voxels to that of the 99.9 %
    quantile. `unexplained_share` in `seg_eval.metrics.histogram_shift` defines both distances: once against the training
    histogram as it is, once against the histograms of the classes mixed in the amounts predicted here.
    """
    if histogram is None or measurement.grey_counts is None or measurement.grey_edges is None:
        return None
    edges, by_class = np.array(histogram.edges), np.array(histogram.counts, np.int64)
    observed = measurement.grey_counts.sum(axis=0)
    if not observed.any() or not by_class.any() or not np.array_equal(edges, measurement.grey_edges):
        return None
    trained = by_class.sum(axis=0)
    first, last = _ends(trained)
    darker, brighter = measurement.grey_outside
    # Values outside of all bins are counted in the outermost ones, which may be inside the range.
    below = int(observed[:first].sum()) if first > 0 else darker
    above = int(observed[last + 1 :].sum()) if last + 1 < observed.size else brighter
    predicted = measurement.predicted_counts
    return GreyRange(
        trained_on=histogram.volume if histogram.region is None else f"{histogram.volume} ({histogram.region})",
        low=float(edges[first]),
        high=float(edges[last + 1]),
        share_below=below / int(observed.sum()),
        share_above=above / int(observed.sum()),
        histogram_distance=unexplained_share(observed, trained[np.newaxis], np.ones(1)),
        unexplained_share=unexplained_share(observed, by_class, predicted / max(1, int(predicted.sum()))),
    )


def grey_warnings(found: GreyRange | None) -> list[str]:
    """Say what is unlike training, if it is enough to doubt the prediction."""
    if found is None:
        return []
    warnings = []
    if found.share_below + found.share_above > WARN_BEYOND:
        warnings.append(
            f"{found.share_below:.1%} of the voxels are darker than grey level {found.low:g} and {found.share_above:.1%} "
            f"brighter than {found.high:g}; in training it was {TAIL:.1%} each: the network has hardly seen such voxels"
        )
    if found.unexplained_share is not None and found.unexplained_share > WARN_ABOVE:
        warnings.append(
            f"the grey levels of {found.unexplained_share:.0%} of the voxels are not explained by the classes as they were "
            "in training: contrast, noise or material differ, and predicted fractions may be wrong"
        )
    return warnings


def _ends(counts: NDArray[np.int64]) -> tuple[int, int]:
    """First and last bin of the range."""
    reached, voxels = np.cumsum(counts), counts.sum()
    return int(np.searchsorted(reached, TAIL * voxels, side="right")), int(
        np.searchsorted(reached, (1 - TAIL) * voxels, side="left")
    )
