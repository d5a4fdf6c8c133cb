"""The story of one pass over a volume: every block is read once, and all that is reported is counted from it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seg_common.counting.label_values import require_class_labels
from seg_common.geometry.tiling import block_boxes
from seg_common.provenance import gather_provenance, peak_memory_bytes
from seg_common.schema.statistics import RegionStatistics, SliceStatistics, VolumeStatistics
from seg_data.chunk_blocks import chunk_block_shape, chunk_shape_of
from seg_data.statistics.region_counts import RegionCounts
from seg_data.statistics.slice_counts import SliceCounts
from seg_data.volume_reference import volume_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.volume.opened_volume import Volume

BLOCK_BYTES = 2**27
AXES: tuple[Literal["z", "y", "x"], ...] = ("z", "y", "x")


def gather_statistics(
    volume: Volume, *, block_shape: Index3 | None = None, advance: Callable[[int], object] | None = None
) -> VolumeStatistics:
    """Count grey levels and classes of a volume in one pass.

    Parameters
    ----------
    volume : Volume
        With or without labels; without, only grey levels are counted.
    block_shape : tuple of int, optional
        Voxels (z, y, x) that are read at one time; whole chunks within 128 MiB when not given. The counts do not depend on it.
    advance : callable, optional
        Told the number of voxels after each block, for progress bars.

    Returns
    -------
    VolumeStatistics
        Of the whole volume and of each partition.

    Raises
    ------
    LabelVolumeError
        If a label is neither a class index nor the ignored label.
    VolumeError
        If a file is damaged.
    """
    start = time.monotonic()
    document = volume.document
    classes = 0 if volume.labels is None else len(document.classes)
    named: list[tuple[str | None, Box]] = [(None, volume.box), *document.partitions.items()]
    counts = RegionCounts([box for _, box in named], classes + 1, document.dtype)
    slices = SliceCounts(document.shape, classes)
    for box, codes, grey in _read_blocks(volume, classes, block_shape):
        counts.add(box, codes, grey)
        if classes:
            slices.add(box, codes)
        if advance is not None:
            advance(box.voxels)
    histograms, voxels, not_finite = counts.histograms(), counts.voxels(), counts.not_finite
    regions = [
        _region(name, box, voxels[i], histograms[i], int(not_finite[i].sum())) for i, (name, box) in enumerate(named)
    ]
    source = volume.label_source
    return VolumeStatistics(
        volume=volume_reference(volume),
        labels=volume.labels_name,
        labels_digest=None if source is None else source.digest,
        ignored_label=volume.ignored_label,
        classes=document.classes[:classes],
        dtype=document.dtype,
        edges=counts.edges().tolist(),
        regions=regions,
        slices={axis: _slices(slices, index, classes) for index, axis in enumerate(AXES)} if classes else {},
        warnings=list(_warnings(regions, document.class_names[:classes])),
        seconds=time.monotonic() - start,
        peak_memory_bytes=peak_memory_bytes(),
        provenance=gather_provenance(),
    )


def _read_blocks(
    volume: Volume, classes: int, block_shape: Index3 | None
) -> Iterator[tuple[Box, NDArray[np.uint8], NDArray[Any]]]:
    """Read image and labels block by block; labels become codes, `classes` for a voxel in no class."""
    readers = [volume.image] if volume.labels is None else [volume.image, volume.labels]
    if block_shape is None:
        voxel_bytes = 1 + sum(reader.dtype.itemsize for reader in readers)
        block_shape = chunk_block_shape(volume.document.shape, chunk_shape_of(readers), BLOCK_BYTES // voxel_bytes)
    for box in block_boxes(volume.box, block_shape):
        if volume.labels is None:
            codes = np.zeros(box.shape, np.uint8)
        else:
            labels = volume.labels.read(box)
            require_class_labels(labels, classes, volume.ignored_label, volume.labels)
            codes = labels.astype(np.uint8)
            if volume.ignored_label is not None:
                codes[labels == volume.ignored_label] = classes
        yield box, codes, volume.image.read(box)


def _region(
    partition: str | None, box: Box, voxels: NDArray[np.int64], histograms: NDArray[np.int64], not_finite: int
) -> RegionStatistics:
    labelled = int(voxels[:-1].sum())
    return RegionStatistics(
        partition=partition,
        box=box,
        voxels=box.voxels,
        class_voxels=voxels[:-1].tolist(),
        unlabelled_voxels=int(voxels[-1]),
        class_fractions=[int(count) / labelled for count in voxels[:-1]] if labelled else None,
        histogram=histograms[:-1].tolist(),
        unlabelled_histogram=histograms[-1].tolist(),
        not_finite=not_finite,
    )


def _slices(slices: SliceCounts, axis: int, classes: int) -> SliceStatistics:
    voxels = slices.voxels(axis).T.tolist()
    return SliceStatistics(
        class_voxels=voxels[:classes],
        unlabelled_voxels=voxels[classes],
        intersection=slices.intersection(axis).T.tolist(),
        union=slices.union(axis).T.tolist(),
    )


def _warnings(regions: list[RegionStatistics], class_names: list[str]) -> Iterator[str]:
    for region in regions:
        where = "the volume" if region.partition is None else f"partition {region.partition!r}"
        if region.not_finite:
            yield f"{region.not_finite} voxels of {where} have a grey level that is NaN or infinite; they are in no bin."
        if class_names and region.class_fractions is None:
            yield f"{where} has no labelled voxel: it can neither train nor be scored."
            continue
        missing = [name for name, count in zip(class_names, region.class_voxels, strict=True) if not count]
        if missing:
            listing = ", ".join(map(repr, missing))
            yield f"{where} has no voxel of {listing}: it can neither teach nor score what it does not hold."
