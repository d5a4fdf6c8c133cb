"""How far the surfaces of a class lie apart in reference and prediction, and how well the voxels near them agree."""

from __future__ import annotations

from math import fsum, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.schema.evaluation_measures import SurfaceScores
from seg_eval.streaming import surface_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.geometry.box import Box, Index3

REACH = 10.0
"""Distances are measured up to so many mean voxel sides; a ball of that radius holds about 4200 voxels."""

BAND = 2.0
"""Width of the band of the boundary Jaccard, in mean voxel sides."""

VoxelSize = tuple[float, float, float]


class StreamingSurfaces:
    """Compare the surfaces of every class, block by block.

    A surface voxel has one of its 6 neighbours in another class. The border of the region is no surface, nor is that of
    ignored voxels. Each block is read with a halo as wide as the farthest distance, so that blocks change nothing.

    Parameters
    ----------
    n_classes : int
        Class indices are 0 … n_classes - 1.
    voxel_size : tuple of float
        Edge lengths (z, y, x) of a voxel in any unit; the distances have the same one. The mean voxel side, which scales
        reach and band, is the geometric mean of the three.
    """

    def __init__(self, n_classes: int, voxel_size: VoxelSize = (1.0, 1.0, 1.0)) -> None:
        mean_side = prod(voxel_size) ** (1 / 3)
        self.reach = REACH * mean_side
        """Largest distance that is measured."""
        self._offsets, distances = _ball(self.reach, voxel_size)
        self._band_offsets, _ = _ball(BAND * mean_side, voxel_size)
        self.distances, rank = np.unique(distances, return_inverse=True)
        """Distances that occur, growing."""
        self._rank = rank.reshape(-1).astype(np.int64)
        self.counts: NDArray[np.int64] = np.zeros((2, n_classes, self.distances.size + 1), np.int64)
        """Surface voxels by direction (from the reference, from the prediction), class and distance; last: none in reach."""
        self.band_counts: NDArray[np.int64] = np.zeros((n_classes, 3), np.int64)
        """Voxels of the bands by class: in the reference's, in the prediction's, in both."""
        # One voxel more: whether a voxel at the rim of the reach is surface, its neighbours say.
        z, y, x = (int(self._offsets[:, axis].max()) + 1 for axis in range(3))
        self.halo: Index3 = (z, y, x)
        """Voxels to read around each block, as far as the region has them."""

    def add(self, block: Box, grown: Box, reference_codes: NDArray[Any], predicted_codes: NDArray[Any]) -> None:
        """Count a block, in any order of blocks.

        Parameters
        ----------
        block : Box
            What is counted.
        grown : Box
            The block with its halo, cut off at the border of the region.
        reference_codes, predicted_codes : ndarray of uint8 or uint16, shape of `grown`
            Class indices plus one; 0 in both where the reference is unknown.
        """
        start = np.array(block.start, np.int64) - np.array(grown.start, np.int64)
        stop = start + np.array(block.shape, np.int64)
        # What lies farther off than the band is wide marks no voxel of the block.
        wide = self._band_offsets.max(axis=0)
        near = np.maximum(start - wide, 0), np.minimum(stop + wide, np.array(grown.shape, np.int64))
        surfaces, bands = [], []
        for codes in (reference_codes, predicted_codes):
            surface = np.empty_like(codes)
            surface_kernels.mark_surface(codes, surface)
            band = np.zeros_like(codes)
            surface_kernels.mark_band(codes, surface, *near, self._band_offsets, band)
            surfaces.append(surface)
            bands.append(band)
        for direction, (own, other) in enumerate((surfaces, surfaces[::-1])):
            surface_kernels.count_distances(own, other, start, stop, self._offsets, self._rank, self.counts[direction])
        surface_kernels.count_band(bands[0], bands[1], start, stop, self.band_counts)

    def scores(self, class_index: int, unit: str) -> SurfaceScores:
        """Divide what was counted.

        Parameters
        ----------
        class_index : int
            The class.
        unit : str
            Unit of the voxel size.

        Returns
        -------
        SurfaceScores
            Null where a surface is missing: in both volumes, or in one of them.

        Notes
        -----
        The mean runs over the surface voxels of both volumes. The 95 % distance is the larger one of the two directions;
        in each it is the smallest distance that at least 95 % of the surface voxels do not exceed, and null when that
        lies beyond the reach. Voxels beyond the reach enter the mean with the reach itself, so that with any of them
        the mean is a lower bound; their share is given. Boundary Jaccard is intersection / union of the voxels of the
        class within the band along its surface.

        References
        ----------
        .. [1] Nikolov et al., "Clinically applicable segmentation of head and neck anatomy for radiotherapy", J. Med.
           Internet Res. 23 (2021) e26151, doi:10.2196/26151
        .. [2] Cheng, Girshick, Dollár, Berg, Kirillov, "Boundary IoU: improving object-centric image segmentation
           evaluation", CVPR (2021) 15329-15337, doi:10.1109/CVPR46437.2021.01508
        """
        counts = self.counts[:, class_index]
        voxels = counts.sum(axis=1)
        in_reference, in_prediction, in_both = self.band_counts[class_index].tolist()
        union = in_reference + in_prediction - in_both
        both_exist = bool(voxels.all())
        lengths = np.append(self.distances, self.reach)
        total = int(voxels.sum())
        percentiles = [self._percentile(direction) for direction in counts] if both_exist else [None]
        known = [distance for distance in percentiles if distance is not None]
        return SurfaceScores(
            reference_voxels=int(voxels[0]),
            predicted_voxels=int(voxels[1]),
            unit=unit,
            reach=self.reach,
            band=self.reach * BAND / REACH,
            mean_distance=fsum((counts.sum(axis=0) * lengths).tolist()) / total if both_exist else None,
            distance_95=max(known) if len(known) == len(percentiles) else None,
            share_beyond_reach=int(counts[:, -1].sum()) / total if both_exist else None,
            boundary_jaccard=in_both / union if union else None,
        )

    def _percentile(self, counts: NDArray[np.int64]) -> float | None:
        rank = -(-95 * int(counts.sum()) // 100) - 1
        place = int(np.searchsorted(np.cumsum(counts), rank, side="right"))
        return float(self.distances[place]) if place < self.distances.size else None


def _ball(radius: float, voxel_size: VoxelSize) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Offsets (n, 3) within a radius, by growing distance, and their distances."""
    # A hair more than the radius: a distance of just so many sides must not be lost to rounding.
    radius *= 1 + 1e-12
    reaches = [int(radius / side) for side in voxel_size]
    axes = [np.arange(-reach, reach + 1) for reach in reaches]
    offsets = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    distances = np.sqrt(((offsets * np.array(voxel_size)) ** 2).sum(axis=1))
    order = np.argsort(distances, kind="stable")
    order = order[distances[order] <= radius]
    return np.ascontiguousarray(offsets[order], np.int64), distances[order]
