"""Euclidean distances between the centres of voxels, exact up to the halo that was read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt, find_objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_common.geometry.box import Index3

    Codes = NDArray[np.uint8]
    Distances = NDArray[np.float64]
    Edges = tuple[float, float, float]
    Slices = tuple[slice, ...]

NOTHING = 0
"""Code of a voxel in no class; class k has the code k + 1."""


def distance_halo(reach: float, edges: Edges) -> Index3:
    """Voxels (z, y, x) to read around a block so that every distance up to `reach` is exact; edges are those of a voxel."""
    z, y, x = (math.ceil(reach / edge) for edge in edges)
    return z, y, x


def distance_to_other_class(codes: Codes, core: Slices, halo: Index3, edges: Edges) -> Distances:
    """Distance of each voxel to the nearest voxel of another class.

    Parameters
    ----------
    codes : ndarray of uint8, shape (z, y, x)
        Class index + 1, or 0 for a voxel in no class, which is no other class either.
    core : tuple of slice
        The part that distances are wanted for.
    halo : tuple of int
        Voxels (z, y, x) around the core that count; less where the array ends.
    edges : tuple of float
        Edge lengths (z, y, x) of a voxel.

    Returns
    -------
    ndarray of float64, shape of the core
        In the unit of `edges`, between voxel centres: one edge for a voxel that touches another class with a face. Infinite
        where there is no other class in reach, and for voxels in no class.
    """
    inside = codes[core]
    distances = np.full(inside.shape, np.inf)
    boxes: Sequence[Slices | None] = find_objects(inside)
    for code, found in enumerate(boxes, start=1):
        if found is None:
            continue
        # Only the surroundings of the class matter: a rare one is cheap.
        whole = tuple(slice(c.start + f.start, c.start + f.stop) for c, f in zip(core, found, strict=True))
        window, part = _surroundings(whole, halo, codes.shape)
        near = codes[window]
        mine = inside[found] == code
        distances[found][mine] = _distance_to((near != NOTHING) & (near != code), part, edges)[mine]
    return distances


def distance_to_nothing(codes: Codes, core: Slices, halo: Index3, edges: Edges) -> Distances:
    """Distance to the nearest voxel in no class; infinite where there is none within the halo."""
    window, part = _surroundings(core, halo, codes.shape)
    return _distance_to(codes[window] == NOTHING, part, edges)


def distance_to_faces(start: Index3, shape: Index3, volume_shape: Index3, edges: Edges) -> Distances:
    """Distance of each voxel of a block to the nearest voxel outside of its volume: one edge for a voxel at a face."""
    distances = np.full(shape, np.inf)
    for axis, (first, side, length, edge) in enumerate(zip(start, shape, volume_shape, edges, strict=True)):
        index = np.arange(first, first + side)
        along = (edge * np.minimum(index + 1, length - index)).reshape([-1 if a == axis else 1 for a in range(3)])
        np.minimum(distances, along, out=distances)
    return distances


def _surroundings(core: Slices, halo: Index3, shape: tuple[int, ...]) -> tuple[Slices, Slices]:
    """Part of an array within the halo of its core, and the core within that part."""
    window = tuple(slice(max(c.start - h, 0), min(c.stop + h, n)) for c, h, n in zip(core, halo, shape, strict=True))
    part = tuple(slice(c.start - w.start, c.stop - w.start) for c, w in zip(core, window, strict=True))
    return window, part


def _distance_to(target: NDArray[np.bool_], part: Slices, edges: Edges) -> Distances:
    """Distance of the voxels of a part of an array to the nearest target."""
    if not target.any():
        return np.full([s.stop - s.start for s in part], np.inf)
    # The nearest target of each voxel, not its distance: that would take twice the memory for the halo's sake.
    nearest = distance_transform_edt(~target, sampling=edges, return_distances=False, return_indices=True)
    squares = np.zeros([s.stop - s.start for s in part])
    for axis, (found, side, edge) in enumerate(zip(nearest, part, edges, strict=True)):
        index = np.arange(side.start, side.stop).reshape([-1 if a == axis else 1 for a in range(3)])
        squares += ((found[part] - index) * edge) ** 2
    return np.sqrt(squares, out=squares)
