"""What a crop stream really offered and kept: visits per voxel, acceptance rate, class shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seg_common.blocks.plan import block_shape_for
from seg_common.geometry.tiling import block_boxes
from seg_common.schema.crops import CropSourceRecord, CropsRecord, VisitCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3
    from seg_data.crop_draws import Candidate
    from seg_data.crop_sampler import CropSampler

BLOCK_BYTES = 2**26


def measure_coverage(sampler: CropSampler, *, cycles: int = 1, crops: int | None = None) -> CropsRecord:
    """Draw crops without reading their voxels' grey levels, and record what they cover.

    Parameters
    ----------
    sampler : CropSampler
        The stream to measure.
    cycles : int, default 1
        Whole cycles to measure. Uniform positions have none: as many crops are drawn as hold the region's voxels once.
    crops : int, optional
        Measure this many crops from the start of the stream instead.

    Returns
    -------
    CropsRecord

    Raises
    ------
    CropError
        If too many crops in a row are rejected.
    """
    return record_coverage(sampler, draw_candidates(sampler, cycles=cycles, crops=crops))


def draw_candidates(sampler: CropSampler, *, cycles: int = 1, crops: int | None = None) -> list[Candidate]:
    """List the candidates of whole cycles, or those looked at for the first crops; see `measure_coverage`."""
    if crops is None and sampler.crops_per_cycle is not None:
        return [candidate for number in range(cycles) for candidate in sampler.cycle(number)]
    if crops is None:
        crops = -(-cycles * sampler.region.voxels // int(np.prod(sampler.config.shape)))
    return [candidate for n in range(crops) for candidate in sampler.offered(n)]


def record_coverage(sampler: CropSampler, candidates: Sequence[Candidate]) -> CropsRecord:
    """Record what candidates of a sampler cover."""
    offered = [candidate.box for candidate in candidates]
    kept = [candidate.box for candidate in candidates if candidate.kept]
    content, counts = sampler.content, sampler.region_class_counts
    in_region: list[float] = []
    in_kept: list[float] = []
    if content is not None and counts is not None:
        in_region = (counts / sampler.region.voxels).tolist()
        sums = sum((content.class_counts(box) for box in kept), np.zeros(content.n_classes, np.int64))
        in_kept = (sums / max(1, sum(box.voxels for box in kept))).tolist()
    return CropsRecord(
        config=sampler.config,
        seed=sampler.seed,
        sources=[
            CropSourceRecord(
                volume=sampler.volume.document.name,
                labels=sampler.volume.labels_name,
                normal="z",
                share=1.0,
                region=sampler.region,
                crops_per_cycle=sampler.crops_per_cycle,
                offered=len(offered),
                kept=len(kept),
            )
        ],
        offered=len(offered),
        kept=len(kept),
        acceptance_rate=len(kept) / max(1, len(offered)),
        class_names=sampler.volume.document.class_names if in_region else [],
        class_fractions_region=in_region,
        class_fractions_kept=in_kept,
        visits_offered=summarise_visits(visit_histogram(offered, sampler.region)),
        visits_kept=summarise_visits(visit_histogram(kept, sampler.region)),
    )


def visit_histogram(boxes: Sequence[Box], region: Box) -> NDArray[np.int64]:
    """Count the voxels of a region by how many boxes hold them.

    Parameters
    ----------
    boxes : sequence of Box
        May reach out of the region.
    region : Box
        Worked through in blocks: memory does not grow with it.

    Returns
    -------
    ndarray of int64, shape (most visits + 1,)
        Element i is the number of voxels inside exactly i boxes; the sum is the region's voxels.
    """
    starts = np.array([box.start for box in boxes], np.int64).reshape(-1, 3)
    stops = np.array([box.stop for box in boxes], np.int64).reshape(-1, 3)
    histogram = np.zeros(1, np.int64)
    for block in block_boxes(region, _block_shape(region.shape)):
        low = np.maximum(starts, block.start) - block.start
        high = np.minimum(stops, block.stop) - block.start
        met = np.all(low < high, axis=1)
        visits = np.zeros(block.shape, np.uint32)
        for (z0, y0, x0), (z1, y1, x1) in zip(low[met].tolist(), high[met].tolist(), strict=True):
            visits[z0:z1, y0:y1, x0:x1] += 1
        found = np.bincount(visits.ravel(), minlength=len(histogram))
        histogram = np.pad(histogram, (0, len(found) - len(histogram))) + found
    return histogram


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


def _block_shape(shape: Index3) -> Index3:
    # Visits take four bytes, their histogram a copy of eight.
    return block_shape_for(shape, 12, BLOCK_BYTES)
