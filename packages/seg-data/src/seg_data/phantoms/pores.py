"""Pores in the matrix: rough blobs, about half of them at fibre tips, where a real melt leaves voids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from seg_common.errors import VolumeError
from seg_common.seeding import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seg_data.phantoms.fibres import Fibre

SMALLEST_PORE = 20
MEDIAN_VOXELS, VOXELS_SPREAD = 110.0, 0.5
LARGE_SHARE, LARGE_FACTOR, LARGEST_VOXELS = 0.04, 12.0, 3500.0
TIP_SHARE = 0.55
ROUGHNESS = 0.2
# The first pores are spread evenly, so that every part of a small volume gets one; the rest are left to chance, as in a real part.
EVENLY_SPREAD = 48
MAX_ATTEMPTS = 400
# Steps of the additive sequence that fills a cube most evenly: powers of 1/g with g**4 = g + 1.
_EVEN_STEPS = 1.2207440846057596 ** -np.arange(1.0, 4.0)


def place_pores(
    labels: NDArray[np.uint8], fibres: Sequence[Fibre], seed: int, fraction: float, matrix: int, value: int
) -> None:
    """Draw pores into the matrix of a label volume until they fill a fraction of the volume.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        Modified in place; only voxels of class `matrix` change. No pore is smaller than 20 voxels.
    fibres : sequence of Fibre
        The fibres in the volume; about half of the pores sit at one of their tips.
    seed : int
        The pores depend on (shape, fibres, seed, fraction) alone.
    fraction : float
        Wanted volume fraction of the pores, in [0, 1).
    matrix, value : int
        Class indices of the matrix and of the pores.

    Raises
    ------
    VolumeError
        If the matrix has no room for another pore before the fraction is reached.
    """
    shape = np.array(labels.shape)
    wanted = round(fraction * labels.size)
    # A small volume gets several small pores rather than one large one.
    smallest = 1.5 * SMALLEST_PORE
    largest = min(max(smallest, wanted / 16), LARGEST_VOXELS)
    tips = _Tips(fibres, shape)
    offset = stream(seed, "phantom-pore-places").random(3)
    filled = failures = drawn = 0
    while filled < wanted:
        rng = stream(seed, "phantom-pore", drawn)
        even = (offset + drawn * _EVEN_STEPS) % 1.0 if drawn < EVENLY_SPREAD else rng.random(3)
        drawn += 1
        voxels = MEDIAN_VOXELS * np.exp(rng.normal(0, VOXELS_SPREAD))
        if rng.random() < LARGE_SHARE:
            voxels *= LARGE_FACTOR
        voxels = min(voxels, largest, max(smallest, wanted - filled))
        radius = (3 * voxels / (4 * np.pi)) ** (1 / 3)
        place = even * shape - 0.5
        if rng.random() < TIP_SHARE:
            place = tips.take_nearest(place, radius)
        added = _draw_pore(labels, place, radius, rng, matrix, value)
        filled += added
        failures = 0 if added else failures + 1
        if failures == MAX_ATTEMPTS:
            msg = (
                f"pore_fraction must leave room for pores of at least {SMALLEST_PORE} voxels in the matrix; got "
                f"pore_fraction={fraction:g}, of which {filled / labels.size:.4f} was reached in a volume of shape "
                f"{labels.shape}. Choose a smaller fraction or a larger volume."
            )
            raise VolumeError(msg)


class _Tips:
    """Fibre ends inside the volume that no pore has taken yet."""

    def __init__(self, fibres: Sequence[Fibre], shape: NDArray[np.int_]) -> None:
        ends = [(end, sign * f.direction) for f in fibres for end, sign in zip(f.ends, (-1, 1), strict=True)]
        inside = [(end, out) for end, out in ends if np.all((end >= 0) & (end <= shape - 1))]
        self._ends = np.array([end for end, _ in inside]).reshape(-1, 3)
        self._outward = np.array([out for _, out in inside]).reshape(-1, 3)
        self._free = np.ones(len(inside), bool)

    def take_nearest(self, place: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
        """Move a place to just beyond the nearest free tip; unchanged when none is left."""
        free = np.flatnonzero(self._free)
        if not len(free):
            return place
        nearest = free[np.argmin(((self._ends[free] - place) ** 2).sum(axis=1))]
        self._free[nearest] = False
        return np.asarray(self._ends[nearest] + 0.6 * radius * self._outward[nearest])


def _draw_pore(
    labels: NDArray[np.uint8],
    place: NDArray[np.float64],
    radius: float,
    rng: np.random.Generator,
    matrix: int,
    value: int,
) -> int:
    """Draw one pore: a ball whose surface is roughened by smooth noise, cut to the matrix; return the voxels added."""
    reach = int(np.ceil(1.7 * radius)) + 1
    middle = np.round(place).astype(int)
    side = 2 * reach + 1
    roughness = ndimage.gaussian_filter(rng.standard_normal((side, side, side)), max(1.0, radius / 3), mode="wrap")
    roughness *= ROUGHNESS / roughness.std()
    stretch = np.exp(rng.normal(0, 0.15, 3))
    steps = [(np.arange(-reach, reach + 1) + m - p) / s for m, p, s in zip(middle, place, stretch, strict=True)]
    z, y, x = np.ix_(*steps)
    ball = np.sqrt(z * z + y * y + x * x) / radius + roughness < 1
    low = np.clip(middle - reach, 0, labels.shape)
    high = np.clip(middle + reach + 1, 0, labels.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    cut = tuple(slice(a - m + reach, b - m + reach) for a, b, m in zip(low, high, middle, strict=True))
    pore = ball[cut] & (labels[box] == matrix)
    components, count = ndimage.label(pore)
    sizes = np.bincount(components.ravel(), minlength=count + 1)
    sizes[0] = 0
    pore = (sizes >= SMALLEST_PORE)[components]
    labels[box][pore] = value
    return int(pore.sum())
