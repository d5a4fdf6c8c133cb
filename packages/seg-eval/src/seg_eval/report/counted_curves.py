"""Curves that an evaluation's counts hold: fractions slice by slice, and probabilities of each class by bin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import h5py
import numpy as np

from seg_common.errors import SegError
from seg_eval.streaming.region_counts import PREDICTED, REFERENCE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

AXES = "zyx"


@dataclass(frozen=True, eq=False)
class CountedCurves:
    """What figures need beyond the document."""

    starts: tuple[int, ...]
    """First slice along z, y, x in the volume's coordinates."""
    reference: tuple[NDArray[np.float64], ...] | None
    """For z, y, x: fraction of each class in each slice of the reference, shape (slice, class); NaN without voxels."""
    predicted: tuple[NDArray[np.float64], ...]
    """The same of the prediction."""
    entropy: tuple[NDArray[np.float64], ...] | None
    """For z, y, x: mean normalised entropy of each slice; None without probabilities."""
    scores: NDArray[np.int64] | None
    """Voxels by class, whether the reference is of that class (0 no, 1 yes), and bin of its probability."""


@dataclass(frozen=True, eq=False)
class ScoreCurves:
    """How well the probability of one class tells it from the others, at every threshold, the highest first."""

    true_positive_rate: NDArray[np.float64]
    """Share of the class's voxels at or above the threshold."""
    false_positive_rate: NDArray[np.float64]
    """Share of the other voxels at or above it."""
    precision: NDArray[np.float64]
    """Share of the class among the voxels at or above it; NaN where there are none."""


def read_curves(path: Path) -> CountedCurves:
    """Read the curves of an evaluation.

    Parameters
    ----------
    path : Path
        ``counts.h5`` of an evaluation folder.

    Returns
    -------
    CountedCurves

    Raises
    ------
    SegError
        If the file is missing or damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            slices = [file[f"slices/{axis}"][()] for axis in AXES]
            voxels = int(np.prod(file.attrs["region_shape"]))
            compared = bool(file.attrs["compared"])
            stored = "probabilities" in file
            steps = int(file.attrs["probability_steps"])
            doubt = [file[f"probabilities/entropy/{axis}"][()] for axis in AXES] if stored else []
            return CountedCurves(
                starts=tuple(int(start) for start in file.attrs["region_start"]),
                reference=tuple(_fractions(one[:, :, REFERENCE]) for one in slices) if compared else None,
                predicted=tuple(_fractions(one[:, :, PREDICTED]) for one in slices),
                entropy=tuple(one / steps / (voxels // len(one)) for one in doubt) if stored else None,
                scores=file["probabilities/scores"][()] if stored and compared else None,
            )
    except (OSError, KeyError, ValueError) as error:
        msg = f"an evaluation must come with its counts; {path} cannot be read: {error}. Evaluate the volume again."
        raise SegError(msg) from error


def score_curves(counts: NDArray[np.int64]) -> ScoreCurves | None:
    """Turn counts of one class into ROC and precision-recall curves.

    Parameters
    ----------
    counts : ndarray of int, shape (2, bin)
        Voxels of other classes, and of the class, by bin of its probability.

    Returns
    -------
    ScoreCurves or None
        None unless there are voxels of both kinds.
    """
    above = counts[:, ::-1].cumsum(axis=1)
    others, own = above[0], above[1]
    if not others[-1] or not own[-1]:
        return None
    told = others + own
    precision = np.divide(own, told, out=np.full(own.shape, np.nan), where=told > 0)
    return ScoreCurves(own / own[-1], others / others[-1], precision)


def _fractions(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shares of the classes in each slice."""
    totals = counts.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    return shares
