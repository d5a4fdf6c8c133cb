"""Answers without a network, fitted on grey levels of the training region: what any model has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seg_common.errors import LabelVolumeError
from seg_eval.grey_intervals import best_grey_intervals
from seg_eval.grey_otsu import multi_otsu_thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Baseline(Protocol):
    """A classifier that looks at one voxel at a time."""

    @property
    def name(self) -> str:
        """Short name, as in tables and documents."""

    @property
    def description(self) -> str:
        """What it answers, thresholds in grey values included."""

    def predict(self, block: NDArray[Any]) -> NDArray[np.uint8]:
        """Classify every voxel of a block."""


@dataclass(frozen=True)
class ConstantBaseline:
    """The same class for every voxel."""

    class_index: int
    """The answer."""
    description: str
    """What it answers."""
    name: str = "constant"
    """Short name."""

    def predict(self, block: NDArray[Any]) -> NDArray[np.uint8]:
        """Classify every voxel of a block.

        Parameters
        ----------
        block : ndarray, shape (z, y, x)
            Grey levels of any dtype; only the shape matters.

        Returns
        -------
        ndarray of uint8, shape (z, y, x)
            Class indices.
        """
        return np.full(block.shape, self.class_index, np.uint8)


@dataclass(frozen=True)
class ThresholdBaseline:
    """One class per interval of grey levels."""

    thresholds: tuple[float, ...]
    """Growing grey levels; a voxel at a threshold belongs to the interval above it."""
    classes: tuple[int, ...]
    """Class of each interval, from dark to bright: one more than thresholds."""
    description: str
    """What it answers, thresholds included."""
    name: str = "histogram_thresholds"
    """Short name."""

    def predict(self, block: NDArray[Any]) -> NDArray[np.uint8]:
        """Classify every voxel of a block.

        Parameters
        ----------
        block : ndarray, shape (z, y, x)
            Grey levels. Those outside the range of the training region belong to the outer intervals, NaN to the
            brightest one. Not modified.

        Returns
        -------
        ndarray of uint8, shape (z, y, x)
            Class indices.
        """
        if block.dtype in (np.uint8, np.uint16):
            every_grey_level = np.arange(np.iinfo(block.dtype).max + 1)
            labels: NDArray[np.uint8] = self._classify(every_grey_level)[block]
            return labels
        return self._classify(block)

    def _classify(self, grey: NDArray[Any]) -> NDArray[np.uint8]:
        answers = np.array(self.classes, np.uint8)
        labels: NDArray[np.uint8] = answers[np.searchsorted(self.thresholds, grey, side="right")]
        return labels


def fit_baselines(
    histograms: NDArray[np.int64], edges: NDArray[np.float64], class_names: Sequence[str]
) -> tuple[Baseline, ...]:
    """Fit every baseline on the grey levels of the training region.

    Parameters
    ----------
    histograms : ndarray of int, shape (class, bin)
        Voxels of the training region by class and grey level.
    edges : ndarray of float, shape (bin + 1,)
        Growing grey levels; a bin holds its left edge.
    class_names : sequence of str
        Names for the descriptions, at most 256.

    Returns
    -------
    tuple of Baseline
        The most frequent class for every voxel; the grey intervals with the highest mean Jaccard on these histograms;
        multi-Otsu, whose thresholds look at no label, with one interval for each class that has voxels.

    Raises
    ------
    LabelVolumeError
        If the sizes do not fit together, or the histograms are empty.

    Examples
    --------
    >>> import numpy as np
    >>> histograms = np.array([[9, 5, 0, 0], [0, 0, 2, 4]])
    >>> constant, thresholds, otsu = fit_baselines(histograms, np.arange(5.0), ["air", "grain"])
    >>> constant.description, thresholds.description, otsu.description
    ('air everywhere', 'air below 2, grain from 2', 'air below 2, grain from 2')
    >>> thresholds.predict(np.array([0, 1, 2, 200], np.uint8)).tolist()
    [0, 0, 1, 1]
    """
    if histograms.shape != (len(class_names), edges.size - 1):
        msg = (
            f"histograms must have one row per class and one column per bin; got shape {histograms.shape} for "
            f"{len(class_names)} classes and {edges.size} edges. Count with seg_common.counting.grey_histograms."
        )
        raise LabelVolumeError(msg)
    if not histograms.any():
        msg = (
            f"a baseline needs labelled voxels; got empty histograms of {len(class_names)} classes. "
            f"Choose a training region with labels."
        )
        raise LabelVolumeError(msg)
    most_frequent = int(histograms.sum(axis=1).argmax())
    constant = ConstantBaseline(most_frequent, f"{class_names[most_frequent]} everywhere")
    intervals = best_grey_intervals(histograms, edges)
    thresholds = ThresholdBaseline(
        intervals.thresholds,
        intervals.classes,
        _describe(intervals.thresholds, intervals.classes, class_names),
    )
    return constant, thresholds, _multi_otsu(histograms, edges, class_names)


def _multi_otsu(histograms: NDArray[np.int64], edges: NDArray[np.float64], class_names: Sequence[str]) -> Baseline:
    """Thresholds from the grey levels alone; labels only say which class is darker."""
    voxels = histograms.sum(axis=1)
    present = np.flatnonzero(voxels)
    middles = (edges[:-1] + edges[1:]) / 2
    means = histograms[present] @ middles / voxels[present]
    from_dark = present[np.argsort(means, kind="stable")].tolist()
    thresholds = multi_otsu_thresholds(histograms.sum(axis=0), edges, len(from_dark))
    # Fewer grey levels than classes: the darkest classes come first.
    classes = tuple(from_dark[: len(thresholds) + 1])
    description = _describe(thresholds, classes, class_names)
    return ThresholdBaseline(thresholds, classes, description, name="multi_otsu")


def _describe(thresholds: Sequence[float], classes: Sequence[int], class_names: Sequence[str]) -> str:
    names = [class_names[index] for index in classes]
    never = [name for index, name in enumerate(class_names) if index not in classes]
    ends = [f"{value:.6g}" for value in thresholds]
    if not ends:
        parts = [f"{names[0]} everywhere"]
    else:
        inner = [
            f"{name} from {low} to {high}" for name, low, high in zip(names[1:-1], ends[:-1], ends[1:], strict=True)
        ]
        parts = [f"{names[0]} below {ends[0]}", *inner, f"{names[-1]} from {ends[-1]}"]
    if never:
        parts.append(f"never {' or '.join(never)}")
    return ", ".join(parts)
