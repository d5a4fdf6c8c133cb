"""Compiled kernels of surfaces: where a class ends, how far it is to the other surface, and what lies near one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.uint8] | NDArray[np.uint16]
    Offsets = NDArray[np.int64]
    Counts = NDArray[np.int64]


@njit(cache=True, nogil=True)
def mark_surface(codes: Codes, surface: Codes) -> None:
    """Copy the code of every voxel that has one of its 6 neighbours in another class; 0 stands for unknown, and for no class."""
    planes, rows, columns = codes.shape
    for z in range(planes):
        for y in range(rows):
            row, out = codes[z, y], surface[z, y]
            # Beyond the border lies the voxel itself, which is no other class.
            above, below = codes[max(z - 1, 0), y], codes[min(z + 1, planes - 1), y]
            before, behind = codes[z, max(y - 1, 0)], codes[z, min(y + 1, rows - 1)]
            for x in range(columns):
                # No branches: the compiler compares many voxels per instruction.
                here = row[x]
                differs = (
                    ((above[x] != here) & (above[x] != 0))
                    | ((below[x] != here) & (below[x] != 0))
                    | ((before[x] != here) & (before[x] != 0))
                    | ((behind[x] != here) & (behind[x] != 0))
                )
                out[x] = here if differs else 0
            for x in range(1, columns):
                if row[x - 1] != row[x] and row[x - 1] != 0 and row[x] != 0:
                    out[x - 1], out[x] = row[x - 1], row[x]


@njit(cache=True, nogil=True)
def count_distances(
    from_surface: Codes,
    to_surface: Codes,
    start: Offsets,
    stop: Offsets,
    offsets: Offsets,
    rank: Offsets,
    counts: Counts,
) -> None:
    """Count, for each surface voxel from `start` to `stop`, the distance to the nearest voxel of the other surface.

    `offsets` (n, 3) are sorted by distance, `rank` (n,) is the place of each distance in the columns of `counts`, shape
    (class, distance); its last column counts voxels with nothing in reach.
    """
    planes, rows, columns = from_surface.shape
    beyond = counts.shape[1] - 1
    for z in range(start[0], stop[0]):
        for y in range(start[1], stop[1]):
            for x in range(start[2], stop[2]):
                here = from_surface[z, y, x]
                if here == 0:
                    continue
                found = beyond
                for k in range(len(offsets)):
                    i, j, m = z + offsets[k, 0], y + offsets[k, 1], x + offsets[k, 2]
                    inside = 0 <= i < planes and 0 <= j < rows and 0 <= m < columns
                    if inside and to_surface[i, j, m] == here:
                        found = rank[k]
                        break
                counts[np.int64(here) - 1, found] += 1


@njit(cache=True, nogil=True)
def mark_band(codes: Codes, surface: Codes, start: Offsets, stop: Offsets, offsets: Offsets, band: Codes) -> None:
    """Copy the code of every voxel within `offsets` (n, 3) of the surface of its own class to a cleared `band`.

    Only the surface from `start` to `stop` is looked at.
    """
    planes, rows, columns = codes.shape
    flat_codes, flat_band = codes.reshape(-1), band.reshape(-1)
    steps = (offsets[:, 0] * rows + offsets[:, 1]) * columns + offsets[:, 2]
    # No offset leads out of the array from a voxel this far from its border.
    wide_z, wide_y, wide_x = np.abs(offsets[:, 0]).max(), np.abs(offsets[:, 1]).max(), np.abs(offsets[:, 2]).max()
    for z in range(start[0], stop[0]):
        for y in range(start[1], stop[1]):
            row = surface[z, y]
            inner_row = wide_z <= z < planes - wide_z and wide_y <= y < rows - wide_y
            for x in range(start[2], stop[2]):
                here = row[x]
                if here == 0:
                    continue
                if inner_row and wide_x <= x < columns - wide_x:
                    place = (z * rows + y) * columns + x
                    for k in range(steps.size):
                        if flat_codes[place + steps[k]] == here:
                            flat_band[place + steps[k]] = here
                    continue
                for k in range(len(offsets)):
                    i, j, m = z + offsets[k, 0], y + offsets[k, 1], x + offsets[k, 2]
                    if 0 <= i < planes and 0 <= j < rows and 0 <= m < columns and codes[i, j, m] == here:
                        band[i, j, m] = here


@njit(cache=True, nogil=True)
def count_band(reference: Codes, prediction: Codes, start: Offsets, stop: Offsets, counts: Counts) -> None:
    """Count the voxels of two bands by class: in the reference's, in the prediction's, in both; counts (class, 3)."""
    for z in range(start[0], stop[0]):
        for y in range(start[1], stop[1]):
            for x in range(start[2], stop[2]):
                r, p = np.int64(reference[z, y, x]), np.int64(prediction[z, y, x])
                if r != 0:
                    counts[r - 1, 0] += 1
                if p != 0:
                    counts[p - 1, 1] += 1
                if r != 0 and r == p:
                    counts[r - 1, 2] += 1
