"""Straight short fibres, placed one after the other where there is room (random sequential addition)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import VolumeError
from seg_common.seeding import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Two voxels of different fibres are then never face neighbours, though some touch along an edge: the hard case for a segmentation.
SURFACE_GAP = 1.01
MEAN_RADIUS, RADIUS_SPREAD = 4.0, 0.25
MEDIAN_LENGTH, LENGTH_SPREAD, SHORTEST, LONGEST = 95.0, 0.45, 30.0, 260.0
# Spread of the direction about x: injection moulding turns most fibres into the flow and keeps them nearly in one plane.
TILT_Z, TILT_Y = 0.25, 0.41
MAX_ATTEMPTS = 50_000
_BATCH = 128


@dataclass(frozen=True)
class Fibre:
    """One cylinder with flat ends; lengths in voxels, axes (z, y, x)."""

    centre: NDArray[np.float64]
    """Middle of the axis; may lie outside the volume for a fibre that a face cuts."""
    direction: NDArray[np.float64]
    """Unit vector."""
    length: float
    radius: float

    @property
    def ends(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Both ends of the axis."""
        half = self.direction * (self.length / 2)
        return self.centre - half, self.centre + half


def place_fibres(labels: NDArray[np.uint8], seed: int, fraction: float, value: int) -> list[Fibre]:
    """Draw fibres into a label volume until they fill a fraction of it.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        Modified in place.
    seed : int
        The fibres depend on (shape, seed, fraction) alone.
    fraction : float
        Wanted volume fraction of the fibres, in [0, 1).
    value : int
        Class index written into the voxels of a fibre.

    Returns
    -------
    list of Fibre

    Raises
    ------
    VolumeError
        If no place for another fibre is found before the fraction is reached.
    """
    wanted = fraction * labels.size
    placed = _PlacedFibres()
    filled = 0
    while filled < wanted:
        fibre = _find_place(labels, placed, seed)
        if fibre is None:
            msg = (
                f"fibre_fraction must leave room for fibres that do not touch; got fibre_fraction={fraction:g}, of which "
                f"{filled / labels.size:.3f} was reached in a volume of shape {labels.shape}. Choose a smaller fraction."
            )
            raise VolumeError(msg)
        box, inside = rasterise(fibre, labels.shape)
        voxels = int(inside.sum())
        if filled + voxels - wanted > wanted - filled:
            break
        labels[box][inside] = value
        filled += voxels
        placed.add(fibre)
    return placed.fibres


def rasterise(fibre: Fibre, shape: tuple[int, ...]) -> tuple[tuple[slice, slice, slice], NDArray[np.bool_]]:
    """Find the voxels whose centre lies in a fibre: the slices of its box in the volume, and the voxels inside that box."""
    reach = np.abs(fibre.direction) * (fibre.length / 2) + fibre.radius * np.sqrt(1 - np.minimum(fibre.direction**2, 1))
    start = np.maximum(np.floor(fibre.centre - reach).astype(int), 0)
    stop = np.maximum(np.minimum(np.ceil(fibre.centre + reach).astype(int) + 1, shape), start)
    axes = [np.arange(a, b, dtype=np.float32) - c for a, b, c in zip(start, stop, fibre.centre, strict=True)]
    z, y, x = np.ix_(*axes)
    along = z * fibre.direction[0] + y * fibre.direction[1] + x * fibre.direction[2]
    inside = np.abs(along) <= fibre.length / 2
    inside &= z * z + y * y + x * x - along * along <= fibre.radius**2
    return (slice(start[0], stop[0]), slice(start[1], stop[1]), slice(start[2], stop[2])), inside


def _find_place(labels: NDArray[np.uint8], placed: _PlacedFibres, seed: int) -> Fibre | None:
    """Draw the size of the next fibre, then places for it until one has room; None after too many."""
    rng = stream(seed, "phantom-fibre", len(placed.fibres))
    length = float(np.clip(MEDIAN_LENGTH * np.exp(rng.normal(0, LENGTH_SPREAD)), SHORTEST, LONGEST))
    radius = float(np.clip(rng.normal(MEAN_RADIUS, RADIUS_SPREAD), 0.5 * MEAN_RADIUS, 1.5 * MEAN_RADIUS))
    shape = np.array(labels.shape)
    for _ in range(MAX_ATTEMPTS // _BATCH):
        tilt = rng.standard_normal((_BATCH, 3)) * (TILT_Z, TILT_Y, 0) + (0, 0, 1)
        directions = tilt / np.linalg.norm(tilt, axis=1, keepdims=True)
        # The centre may lie outside, so that the faces cut fibres as a real field of view does.
        reach = np.abs(directions) * (length / 2)
        centres = rng.uniform(-reach, shape - 1 + reach)
        for i in _free_places(labels, centres, directions, length, radius):
            fibre = Fibre(centres[i], directions[i], length, radius)
            if placed.leave_room_for(fibre):
                return fibre
    return None


def _free_places(
    labels: NDArray[np.uint8],
    centres: NDArray[np.float64],
    directions: NDArray[np.float64],
    length: float,
    radius: float,
) -> NDArray[np.intp]:
    """Find the places, by number, where the axis meets the volume and no line along the fibre meets another: cheap, settles most."""
    along = np.linspace(-length / 2, length / 2, max(2, int(length / 3)))
    across = np.cross(directions, (1.0, 0.0, 0.0))
    across *= radius / np.linalg.norm(across, axis=1, keepdims=True)
    third = np.cross(directions, across)
    lines = ((0 * across, along[3::6]), (0 * across, along), *((s, along) for s in (across, -across, third, -third)))
    places = np.arange(len(centres))
    # A few points of the axis reject most places; the whole axis and four lines on the surface reject most of the others.
    for shift, steps in lines:
        _, occupied = _look_up(labels, (centres + shift)[places], directions[places], steps)
        places = places[~occupied]
    inside, _ = _look_up(labels, centres[places], directions[places], along)
    return places[inside]


def _look_up(
    labels: NDArray[np.uint8], points: NDArray[np.float64], directions: NDArray[np.float64], steps: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of each line of points whether it meets the volume, and whether it meets a fibre in it."""
    voxels = np.rint(points[:, None, :] + steps[:, None] * directions[:, None, :]).astype(np.intp)
    inside = np.all((voxels >= 0) & (voxels < labels.shape), axis=2)
    z, y, x = np.where(inside[..., None], voxels, 0).transpose(2, 0, 1)
    return inside.any(axis=1), np.any(inside & (labels[z, y, x] > 0), axis=1)


class _PlacedFibres:
    """The fibres so far, as growing arrays: a test against thousands of them is a few vector operations."""

    def __init__(self) -> None:
        self.fibres: list[Fibre] = []
        self._rows = np.empty((64, 13))

    def add(self, fibre: Fibre) -> None:
        if len(self.fibres) == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        first, last = fibre.ends
        low, high = np.minimum(first, last) - fibre.radius, np.maximum(first, last) + fibre.radius
        self._rows[len(self.fibres)] = np.concatenate([low, high, first, last, [fibre.radius]])
        self.fibres.append(fibre)

    def leave_room_for(self, fibre: Fibre) -> bool:
        """Whether every placed fibre is at least the surface gap away."""
        rows = self._rows[: len(self.fibres)]
        first, last = fibre.ends
        low = np.minimum(first, last) - fibre.radius - SURFACE_GAP
        high = np.maximum(first, last) + fibre.radius + SURFACE_GAP
        rows = rows[np.all((rows[:, 0:3] < high) & (rows[:, 3:6] > low), axis=1)]
        if not len(rows):
            return True
        distance = _segment_distances(first, last, rows[:, 6:9], rows[:, 9:12])
        return bool(np.all(distance >= rows[:, 12] + fibre.radius + SURFACE_GAP))


def _segment_distances(
    first: NDArray[np.float64], last: NDArray[np.float64], firsts: NDArray[np.float64], lasts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Measure the distance of one line segment to each of n others (Ericson, Real-Time Collision Detection, 5.1.9)."""
    one, others, between = last - first, lasts - firsts, first - firsts
    a, e = one @ one, np.einsum("ij,ij->i", others, others)
    b, c, f = others @ one, between @ one, np.einsum("ij,ij->i", others, between)
    parallel = np.maximum(a * e - b * b, 1e-9)
    s = np.clip((b * f - c * e) / parallel, 0, 1)
    t = np.clip((b * s + f) / e, 0, 1)
    s = np.clip((b * t - c) / a, 0, 1)
    apart = (first + s[:, None] * one) - (firsts + t[:, None] * others)
    return np.asarray(np.linalg.norm(apart, axis=1))
