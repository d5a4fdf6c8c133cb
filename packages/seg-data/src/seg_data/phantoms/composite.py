"""A synthetic short-glass-fibre composite: exact labels, and the image that a tomograph would make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import VolumeError
from seg_data.phantoms.fibres import place_fibres
from seg_data.phantoms.pores import place_pores
from seg_data.phantoms.scan import scan

if TYPE_CHECKING:
    from numpy.typing import NDArray

MATRIX, FIBRE, PORE = 0, 1, 2
CLASS_NAMES = ("matrix", "fibre", "pore")
ATTENUATIONS = (1.0, 1.47, 0.06)
SMALLEST_SIDE = 16
LARGEST_FIBRE_FRACTION, LARGEST_PORE_FRACTION = 0.3, 0.1


@dataclass(frozen=True, eq=False)
class Phantom:
    """A synthetic volume; arrays are (z, y, x)."""

    image: NDArray[np.uint8]
    """Simulated CT slices; attenuation relative to the matrix is -0.5 + image / 255 * 3."""
    labels: NDArray[np.uint8]
    """Exact classes: 0 matrix, 1 fibre, 2 pore."""
    fractions: tuple[float, float, float]
    """Volume fractions reached, per class; their sum is 1."""
    seed: int
    """What it was made from, together with its shape."""


def make_phantom(
    shape: tuple[int, int, int],
    seed: int = 0,
    *,
    fibre_fraction: float = 0.165,
    pore_fraction: float = 0.009,
    noise: float = 0.127,
    rings: float = 0.028,
) -> Phantom:
    """Make a glass-fibre composite with pores and its CT image.

    Straight fibres of radius 4 voxels, mostly along x, are placed one after the other where they touch no other fibre;
    rough pores of at least 20 voxels lie in the matrix, about half of them at fibre tips. The image has the blur, phase-contrast
    fringe, correlated noise, ring artefacts around the z axis and slight cupping of a reconstructed scan.

    Parameters
    ----------
    shape : tuple of int
        Voxels along (z, y, x), each at least 16.
    seed : int, default 0
        Non-negative. The same shape, seed and options give the same phantom on any machine with the same numpy and scipy.
    fibre_fraction : float, default 0.165
        Wanted volume fraction of the fibres, in [0, 0.3]; reached to within about half a fibre.
    pore_fraction : float, default 0.009
        Wanted volume fraction of the pores, in [0, 0.1]; reached to within about one pore.
    noise : float, default 0.127
        Standard deviation of the noise, relative to the attenuation of the matrix, in [0, 1].
    rings : float, default 0.028
        Standard deviation of the ring artefacts halfway from the axis, relative to the attenuation of the matrix, in [0, 1].

    Returns
    -------
    Phantom

    Raises
    ------
    VolumeError
        If a parameter is outside its range, or the volume has no room for the fractions.

    Notes
    -----
    Memory is two bytes per voxel and a few slices of floats; time is about 10 s for 256³ voxels.

    Examples
    --------
    >>> phantom = make_phantom((32, 48, 64), seed=3)
    >>> phantom.image.shape, phantom.image.dtype.name
    ((32, 48, 64), 'uint8')
    >>> sorted(set(phantom.labels.ravel().tolist()))
    [0, 1, 2]
    """
    _check(shape, seed, fibre_fraction, pore_fraction, noise, rings)
    labels = np.full(shape, MATRIX, np.uint8)
    fibres = place_fibres(labels, seed, fibre_fraction, FIBRE)
    place_pores(labels, fibres, seed, pore_fraction, MATRIX, PORE)
    image = scan(labels, ATTENUATIONS, seed, noise, rings)
    counts = np.bincount(labels.ravel(), minlength=3) / labels.size
    return Phantom(image, labels, (float(counts[0]), float(counts[1]), float(counts[2])), seed)


def _check(
    shape: tuple[int, int, int], seed: int, fibre_fraction: float, pore_fraction: float, noise: float, rings: float
) -> None:
    """Refuse parameters out of range, with the range."""
    if min(shape) < SMALLEST_SIDE:
        msg = (
            f"a phantom needs sides (z, y, x) of at least {SMALLEST_SIDE} voxels; got shape {tuple(shape)}. "
            "Choose a larger shape."
        )
        raise VolumeError(msg)
    if seed < 0:
        msg = f"the seed must be a whole number from 0; got {seed}. Choose 0 or more."
        raise VolumeError(msg)
    for name, value, highest in (
        ("fibre_fraction", fibre_fraction, LARGEST_FIBRE_FRACTION),
        ("pore_fraction", pore_fraction, LARGEST_PORE_FRACTION),
        ("noise", noise, 1.0),
        ("rings", rings, 1.0),
    ):
        if not 0 <= value <= highest:
            msg = f"{name} must lie in [0, {highest:g}]; got {value:g}. Choose a value in that range."
            raise VolumeError(msg)
