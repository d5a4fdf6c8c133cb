"""Look once at the voxels of a region before training: labels that are no class, and the spread of grey levels."""

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
    from collections.abc import Iterator

    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume

WORK_BYTES_PER_VOXEL = 16


@dataclass(frozen=True)
class RegionStatistics:
    """Grey levels and classes of a region."""

    histogram: GreyHistogram
    """Voxels by class and grey level."""
    mean: float
    """Mean grey level of all voxels."""
    standard_deviation: float
    """Standard deviation of the grey levels."""

    @property
    def class_fractions(self) -> list[float]:
        """Share of each class among the annotated voxels; they sum to 1."""
        counts = [sum(row) for row in self.histogram.counts]
        total = max(sum(counts), 1)
        return [count / total for count in counts]


def gather_statistics(volume: Volume, region: Box) -> RegionStatistics:
    """Count grey levels by class over a region, block by block.

    Parameters
    ----------
    volume : Volume
        A volume with labels.
    region : Box
        Voxels to count.

    Returns
    -------
    RegionStatistics
        Exact counts.

    Raises
    ------
    LabelVolumeError
        If a label is neither a class index nor the ignored label.
    VolumeError
        If a grey level is not finite, or nothing in the region is annotated.
    """
    labels = volume.require_labels()
    document = volume.document
    classes = len(document.classes)
    low, high, mean, deviation = _moments(volume, region)
    edges = grey_bin_edges(volume.image.dtype, low, high)
    counts = np.zeros((classes, edges.size - 1), np.int64)
    for block in _blocks(region):
        truth = labels.read(block)
        require_class_labels(truth, classes, volume.ignored_label, labels)
        counts += grey_histograms(volume.image.read(block), truth, classes, edges)
    if not counts.any():
        msg = f"a region must hold annotated voxels; all labels of {volume.path} in {region} are ignored."
        raise VolumeError(msg)
    histogram = GreyHistogram(
        volume=document.name,
        region=region,
        dtype=document.dtype,
        class_names=document.class_names,
        edges=edges.tolist(),
        counts=counts.tolist(),
    )
    return RegionStatistics(histogram, mean, deviation)


def _moments(volume: Volume, region: Box) -> tuple[float, float, float, float]:
    """Smallest and largest grey level, mean and standard deviation."""
    low, high = np.inf, -np.inf
    count, mean, squares = 0, 0.0, 0.0  # merged by Chan's formula: no cancellation however large the mean
    for block in _blocks(region):
        grey = volume.image.read(block).astype(np.float64)
        if not np.isfinite(grey).all():
            msg = f"grey levels must be finite; {volume.image} holds NaN or infinity in {block}."
            raise VolumeError(msg)
        low, high = min(low, float(grey.min())), max(high, float(grey.max()))
        block_mean = float(grey.mean())
        difference = block_mean - mean
        merged = count + grey.size
        squares += float(((grey - block_mean) ** 2).sum()) + difference**2 * count * grey.size / merged
        mean += difference * grey.size / merged
        count = merged
    return low, high, mean, float(np.sqrt(squares / count))


def _blocks(region: Box) -> Iterator[Box]:
    return block_boxes(region, block_shape_for(region.shape, WORK_BYTES_PER_VOXEL))
