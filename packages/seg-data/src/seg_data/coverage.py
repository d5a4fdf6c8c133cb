"""What a crop stream really offered and kept: visits per voxel, acceptance rate, class shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seg_common.blocks.plan import block_shape_for
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.crops import CropSourceRecord, CropsRecord, VisitCounts
from seg_data.crop_draws.drawn import Offered
from seg_data.crop_expectation import expected_crops
from seg_data.crop_rejection.declared import source_digest
from seg_data.training_labels import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_common.schema.crops import ExpectedCrops
    from seg_common.volume.array_reader import ArrayReader
    from seg_data.crop_sampler import CropSampler
    from seg_data.region_sampler import RegionSampler

BLOCK_BYTES = 2**26


def measure_coverage(
    sampler: CropSampler, *, cycles: int = 1, crops: int | None = None, expect: bool = True
) -> CropsRecord:
    """Draw crops without reading their grey levels where no function asks for them, and record what they cover.

    Parameters
    ----------
    sampler : CropSampler
        The stream to measure.
    cycles : int, default 1
        Whole cycles of each source to measure. Positions without cycles: as many crops are drawn as hold a region's voxels once.
    crops : int, optional
        Measure this many crops from the start of the stream instead.
    expect : bool
        Whether the acceptance to be expected is computed too.

    Returns
    -------
    CropsRecord

    Raises
    ------
    CropError
        If too many crops in a row are rejected.
    """
    offered = draw_offered(sampler, cycles=cycles, crops=crops)
    expected = [expected_crops(source) for source in sampler.sources] if expect else None
    return record_coverage(sampler, offered, expected)


def draw_offered(sampler: CropSampler, *, cycles: int = 1, crops: int | None = None) -> list[Offered]:
    """List what each source offers in whole cycles, or for its part of the first crops; see `measure_coverage`."""
    found = []
    rows = None if crops is None else sampler.rows(0, crops)
    for index, source in enumerate(sampler.sources):
        if rows is None and source.has_cycles:
            found.append(_joined([source.offered_in_cycle(number) for number in range(cycles)]))
            continue
        if rows is None:
            count = -(-cycles * source.region.voxels // int(np.prod(source.shape)))
        else:
            count = int(np.count_nonzero(rows.sources == index))
        found.append(_joined([source.offered_for(number) for number in range(count)]))
    return found


def record_coverage(
    sampler: CropSampler,
    offered: Sequence[Offered],
    expected: Sequence[ExpectedCrops] | None = None,
    visits: Sequence[NDArray[np.int64]] | None = None,
) -> CropsRecord:
    """Record what each source offered, and what it covers.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    offered : sequence of Offered
        What each source offered.
    expected : sequence of ExpectedCrops, optional
        What was to be expected of each.
    visits : pair of ndarray of int64, optional
        Histograms of visits by offered and by kept crops, if they were counted already; see `visit_histogram`.

    Returns
    -------
    CropsRecord
    """
    sources = [
        CropSourceRecord(
            volume=source.volume.document.name,
            labels=source.volume.labels_name,
            normal=source.normal,
            share=share,
            region=source.region,
            crops_per_cycle=source.crops_per_cycle,
            offered=len(of_source.kept),
            kept=int(of_source.kept.sum()),
            expected=None if expected is None else expected[index],
        )
        for index, (source, share, of_source) in enumerate(zip(sampler.sources, sampler.shares, offered, strict=True))
    ]
    total, kept = (sum(getattr(source, name) for source in sources) for name in ("offered", "kept"))
    in_region, in_kept = _class_fractions(sampler, offered)
    histograms = visits or [
        sum_histograms(
            visit_histogram(of.starts[flags(of)], of.shapes[flags(of)], of.source.region, sparse_labels(of.source))
            for of in crops_by_volume(sampler, offered)
        )
        for flags in (lambda found: np.ones(len(found.kept), bool), lambda found: found.kept)
    ]
    return CropsRecord(
        config=sampler.config,
        seed=sampler.seed,
        sources=sources,
        left_out=list(sampler.left_out),
        rejection_source=source_digest(sampler.config.rejection),
        offered=total,
        kept=kept,
        acceptance_rate=kept / max(1, total),
        class_names=sampler.sources[0].volume.document.class_names if in_region else [],
        class_fractions_region=in_region,
        class_fractions_kept=in_kept,
        visits_offered=summarise_visits(histograms[0]),
        visits_kept=summarise_visits(histograms[1]),
    )


class VolumeCrops(NamedTuple):
    """What was offered in the region of one volume, in all its planes: a voxel is visited whatever plane a crop lies in."""

    source: RegionSampler
    """One of the volume's sources; their regions and labels are the same."""
    starts: NDArray[np.int64]
    """First voxels, shape (crop, 3)."""
    shapes: NDArray[np.int64]
    """Shape of each crop (z, y, x), shape (crop, 3)."""
    kept: NDArray[np.bool_]
    """Whether each was kept, shape (crop,)."""


def crops_by_volume(sampler: CropSampler, offered: Sequence[Offered]) -> list[VolumeCrops]:
    """Join what the sources of each volume offered."""
    found: dict[Path, VolumeCrops] = {}
    for source, of_source in zip(sampler.sources, offered, strict=True):
        shapes = np.broadcast_to(np.array(source.shape, np.int64), of_source.starts.shape)
        new = (of_source.starts, shapes, of_source.kept)
        before = found.get(source.volume.path)
        if before is None:
            found[source.volume.path] = VolumeCrops(source, *new)
        else:
            found[source.volume.path] = VolumeCrops(
                before.source, *(np.concatenate(parts) for parts in zip(before[1:], new, strict=True))
            )
    return list(found.values())


def visit_histogram(
    starts: NDArray[np.int64], shape: Index3 | NDArray[np.int64], region: Box, labels: ArrayReader | None = None
) -> NDArray[np.int64]:
    """Count the voxels of a region by how many crops hold them.

    Parameters
    ----------
    starts : ndarray of int64, shape (crop, 3)
        First voxels (z, y, x) of the crops.
    shape : tuple of int, or ndarray of int64, shape (crop, 3)
        Their shape (z, y, x), of all or of each; they may reach out of the region.
    region : Box
        Worked through in blocks: memory does not grow with it.
    labels : ArrayReader, optional
        Training labels; with them, ignored voxels are not counted.

    Returns
    -------
    ndarray of int64, shape (most visits + 1,)
        Element i is the number of voxels inside exactly i crops; the sum is the region's voxels, or its labelled ones.
    """
    histogram = np.zeros(1, np.int64)
    for block in block_boxes(region, _block_shape(region.shape)):
        visits = visits_in(block, starts, shape)
        if labels is not None:
            visits = visits[labels.read(block) != IGNORED]
        histogram = sum_histograms([histogram, np.bincount(visits.ravel())])
    return histogram


def visits_in(block: Box, starts: NDArray[np.int64], shape: Index3 | NDArray[np.int64]) -> NDArray[np.uint32]:
    """Count the crops, of one shape or of a shape each, that hold each voxel of a block; shape ``block.shape``."""
    low = np.maximum(starts - block.start, 0)
    high = np.minimum(starts + shape - block.start, block.shape)
    met = np.all(low < high, axis=1)
    visits = np.zeros(block.shape, np.uint32)
    for (z0, y0, x0), (z1, y1, x1) in zip(low[met].tolist(), high[met].tolist(), strict=True):
        visits[z0:z1, y0:y1, x0:x1] += 1
    return visits


def summarise_visits(histogram: NDArray[np.int64]) -> VisitCounts:
    """Summarise a histogram of visits; the median of an even number of voxels is the mean of the middle two."""
    visited = np.flatnonzero(histogram)
    upto = np.cumsum(histogram)
    voxels = int(upto[-1])
    middle = np.searchsorted(upto, [(voxels - 1) // 2, voxels // 2], side="right")
    return VisitCounts(
        min=int(visited[0]),
        median=float(middle.mean()),
        max=int(visited[-1]),
        never=int(histogram[0]),
        never_fraction=int(histogram[0]) / voxels,
    )


def _class_fractions(sampler: CropSampler, offered: Sequence[Offered]) -> tuple[list[float], list[float]]:
    """Share of each class in the regions and in the kept crops; empty without labels."""
    if sampler.sources[0].labels is None:
        return [], []
    n_classes = sampler.sources[0].content.n_classes
    region, kept = np.zeros(n_classes, np.int64), np.zeros(n_classes, np.int64)
    region_voxels = kept_voxels = 0
    for source, of_source in zip(sampler.sources, offered, strict=True):
        counts = source.region_class_counts
        assert counts is not None
        region += counts
        region_voxels += source.region.voxels
        kept += source.content.class_counts(of_source.starts[of_source.kept]).sum(axis=0)
        kept_voxels += int(of_source.kept.sum()) * int(np.prod(source.shape))
    return (region / region_voxels).tolist(), (kept / max(1, kept_voxels)).tolist()


def sparse_labels(source: RegionSampler) -> ArrayReader | None:
    """Labels of a source with ignored voxels: those need no visit."""
    return source.labels if source.judge.sparse else None


def _joined(parts: Sequence[Offered]) -> Offered:
    starts = np.concatenate([np.empty((0, 3), np.int64), *(part.starts for part in parts)])
    return Offered(starts, np.concatenate([np.empty(0, bool), *(part.kept for part in parts)]))


def sum_histograms(histograms: Sequence[NDArray[np.int64]] | Iterator[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Add histograms of different lengths."""
    parts = list(histograms)
    total = np.zeros(max(len(part) for part in parts), np.int64)
    for part in parts:
        total[: len(part)] += part
    return total


def _block_shape(shape: Index3) -> Index3:
    # Visits take four bytes, their histogram a copy of eight.
    return block_shape_for(shape, 12, BLOCK_BYTES)
