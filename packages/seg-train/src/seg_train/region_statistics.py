"""Look once at the voxels of regions before training: labels that are no class, and the spread of grey levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.blocks.plan import block_shape_for
from seg_common.counting.grey_histograms import grey_bin_edges, grey_histograms
from seg_common.counting.label_values import require_class_labels
from seg_common.errors import VolumeError
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.histogram import GreyHistogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume

WORK_BYTES_PER_VOXEL = 16


@dataclass(frozen=True)
class RegionStatistics:
    """Grey levels and classes of one or several regions."""

    histogram: GreyHistogram
    """Voxels by class and grey level, of all regions together."""
    mean: float
    """Mean grey level of all voxels."""
    standard_deviation: float
    """Standard deviation of the grey levels."""
    region_class_fractions: list[list[float]]
    """Share of each class among the annotated voxels of each region; they sum to 1."""

    @property
    def class_fractions(self) -> list[float]:
        """Share of each class among the annotated voxels of all regions; they sum to 1."""
        return _shares(np.array(self.histogram.counts).sum(axis=1))


def gather_statistics(regions: Sequence[tuple[Volume, Box]]) -> RegionStatistics:
    """Count grey levels by class over regions, block by block.

    Parameters
    ----------
    regions : sequence of (Volume, Box)
        Volumes with labels, of the same dtype and classes, and the voxels to count.

    Returns
    -------
    RegionStatistics
        Exact counts.

    Raises
    ------
    LabelVolumeError
        If a label is neither a class index nor the ignored label.
    VolumeError
        If a grey level is not finite, or nothing in a region is annotated.
    """
    document = regions[0][0].document
    classes = len(document.classes)
    low, high, mean, deviation = _moments(regions)
    edges = grey_bin_edges(regions[0][0].image.dtype, low, high)
    by_region = [_histograms(volume, region, classes, edges) for volume, region in regions]
    histogram = GreyHistogram(
        volume=" + ".join(volume.document.name for volume, _ in regions),
        region=regions[0][1] if len(regions) == 1 else None,
        dtype=document.dtype,
        class_names=document.class_names,
        edges=edges.tolist(),
        counts=np.sum(by_region, axis=0).tolist(),
    )
    return RegionStatistics(histogram, mean, deviation, [_shares(counts.sum(axis=1)) for counts in by_region])


def require_usable(volume: Volume, region: Box) -> None:
    """Refuse a region that cannot be measured, without counting anything. Raises as `gather_statistics`."""
    labels = volume.require_labels()
    annotated = False
    for block in _blocks(region):
        truth = labels.read(block)
        require_class_labels(truth, len(volume.document.classes), volume.ignored_label, labels)
        annotated = annotated or bool((truth != volume.ignored_label).any())
        if volume.image.dtype.kind == "f":
            _require_finite(volume, volume.image.read(block), block)
    if not annotated:
        _refuse_ignored(volume, region)


def _histograms(volume: Volume, region: Box, classes: int, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    labels = volume.require_labels()
    counts = np.zeros((classes, edges.size - 1), np.int64)
    for block in _blocks(region):
        truth = labels.read(block)
        require_class_labels(truth, classes, volume.ignored_label, labels)
        counts += grey_histograms(volume.image.read(block), truth, classes, edges)
    if not counts.any():
        _refuse_ignored(volume, region)
    return counts


def _moments(regions: Sequence[tuple[Volume, Box]]) -> tuple[float, float, float, float]:
    """Smallest and largest grey level, mean and standard deviation."""
    low, high = np.inf, -np.inf
    count, mean, squares = 0, 0.0, 0.0  # merged by Chan's formula: no cancellation however large the mean
    for volume, region in regions:
        for block in _blocks(region):
            grey = volume.image.read(block).astype(np.float64)
            _require_finite(volume, grey, block)
            low, high = min(low, float(grey.min())), max(high, float(grey.max()))
            block_mean = float(grey.mean())
            difference = block_mean - mean
            merged = count + grey.size
            squares += float(((grey - block_mean) ** 2).sum()) + difference**2 * count * grey.size / merged
            mean += difference * grey.size / merged
            count = merged
    return low, high, mean, float(np.sqrt(squares / count))


def _shares(counts: NDArray[np.int64]) -> list[float]:
    shares: list[float] = (counts / max(int(counts.sum()), 1)).tolist()
    return shares


def _require_finite(volume: Volume, grey: NDArray[Any], block: Box) -> None:
    if not np.isfinite(grey).all():
        msg = f"grey levels must be finite; {volume.image} holds NaN or infinity in {block}."
        raise VolumeError(msg)


def _refuse_ignored(volume: Volume, region: Box) -> None:
    msg = f"a region must hold annotated voxels; all labels of {volume.path} in {region} are ignored."
    raise VolumeError(msg)


def _blocks(region: Box) -> Iterator[Box]:
    return block_boxes(region, block_shape_for(region.shape, WORK_BYTES_PER_VOXEL))
