"""What a tomograph makes of a label volume: blur, fringe, correlated noise, rings and cupping, approximated in image space.

No projection is computed. Each effect is given the statistics that filtered back projection leaves in a slice, which costs
seconds instead of minutes and needs a few slices at a time instead of a volume of floats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import fft, ndimage

from seg_common.seeding import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

POINT_SPREAD = 1.1
FRINGE, FRINGE_BLUR = 0.5, 0.6
DETECTOR_BLUR = 0.6
CUPPING = 0.015
# Rings change slowly from slice to slice, because a detector element keeps its gain error.
RING_KNOT_SPACING = 48
# Grey value = (attenuation - LOWEST) / RANGE * 255, in units of the attenuation of the matrix.
LOWEST, RANGE = -0.5, 3.0
_SLAB = 16
_HALO = 6


def scan(
    labels: NDArray[np.uint8], attenuations: Sequence[float], seed: int, noise: float, rings: float
) -> NDArray[np.uint8]:
    """Simulate the reconstructed CT image of a label volume.

    Parameters
    ----------
    labels : ndarray of uint8, shape (z, y, x)
        Class indices; z is the rotation axis, in the middle of y and x.
    attenuations : sequence of float
        Attenuation of each class, relative to the matrix.
    seed : int
        Noise and rings depend on (shape, seed) alone; the noise of a slice does not depend on the other slices.
    noise, rings : float
        Standard deviation of the noise and of the ring artefacts halfway from the axis, relative to the attenuation of the matrix.

    Returns
    -------
    ndarray of uint8, shape (z, y, x)
    """
    depth = len(labels)
    table = np.asarray(attenuations, np.float32)
    image = np.empty(labels.shape, np.uint8)
    texture = _SliceTexture(labels.shape, seed, noise, rings)
    for start in range(0, depth, _SLAB):
        stop = min(start + _SLAB, depth)
        low, high = max(start - _HALO, 0), min(stop + _HALO, depth)
        slab = table[labels[low:high]]
        slab = ndimage.gaussian_filter(slab, POINT_SPREAD, mode="nearest", truncate=3.5)
        slab -= np.float32(FRINGE) * ndimage.laplace(
            ndimage.gaussian_filter(slab, FRINGE_BLUR, mode="nearest"), mode="nearest"
        )
        for z in range(start, stop):
            plane = slab[z - low] + texture.at(z)
            grey = (plane - LOWEST) * (255 / RANGE)
            image[z] = np.clip(np.rint(grey), 0, 255)
    return image


class _SliceTexture:
    """Noise, rings and cupping of one slice at a time."""

    def __init__(self, shape: tuple[int, ...], seed: int, noise: float, rings: float) -> None:
        depth, *plane = shape
        self._plane = (plane[0], plane[1])
        self._seed = seed
        y, x = (np.arange(n, dtype=np.float32) - (n - 1) / 2 for n in plane)
        radius = np.hypot(y[:, None], x[None, :])
        relative = (radius / max(radius.max(), 1)) ** 2
        # Rays through the middle of the specimen are the longest: fewer photons, more noise, and beam hardening that darkens.
        self._noise_amplitude = (noise * (1.08 - 0.2 * relative)).astype(np.float32)
        self._cupping = (CUPPING * (relative - 0.6)).astype(np.float32)
        self._padded = tuple(fft.next_fast_len(n + 8, real=True) for n in plane)
        self._spectrum = _noise_spectrum(self._padded)
        self._ring_radius = np.minimum(radius, np.float32(radius.max() - 1e-3)) if radius.max() > 1 else radius * 0
        # Over half a turn, an element left of the axis draws one half of a ring and its mirror image the other half.
        self._ring_half = np.broadcast_to(y[:, None] > 0, radius.shape)
        self._rings = _ring_profiles(depth, int(radius.max()) + 2, seed, rings)

    def at(self, z: int) -> NDArray[np.float32]:
        """Return what is added to slice z; float32, shape (y, x)."""
        white = stream(self._seed, "phantom-noise", z).standard_normal(self._padded, dtype=np.float32)
        coloured = fft.irfft2(fft.rfft2(white) * self._spectrum, s=self._padded)[: self._plane[0], : self._plane[1]]
        return np.asarray(coloured * self._noise_amplitude + self._cupping + self._ring_image(z), np.float32)

    def _ring_image(self, z: int) -> NDArray[np.float32]:
        knot, weight = divmod(z / RING_KNOT_SPACING, 1.0)
        # Weights on the unit circle keep the variance the same between knots.
        profiles = (
            np.cos(weight * np.pi / 2) * self._rings[int(knot)]
            + np.sin(weight * np.pi / 2) * self._rings[int(knot) + 1]
        )
        grid = np.arange(profiles.shape[1])
        halves = [np.interp(self._ring_radius, grid, profile) for profile in profiles]
        return np.asarray(np.where(self._ring_half, halves[1], halves[0]), np.float32)


def _noise_spectrum(padded: tuple[int, ...]) -> NDArray[np.float32]:
    """Amplitude that turns white noise of unit variance into noise as filtered back projection leaves it, of unit variance."""
    f = np.hypot(fft.fftfreq(padded[0])[:, None], fft.rfftfreq(padded[1])[None, :])
    # The power of the noise is (filter)**2 / |f|: the ramp's square root, the Shepp-Logan window, the detector's blur.
    amplitude = np.sqrt(f) * np.sinc(f) * np.exp(-2 * (np.pi * DETECTOR_BLUR * f) ** 2)
    full = np.hypot(fft.fftfreq(padded[0])[:, None], fft.fftfreq(padded[1])[None, :])
    power = full * (np.sinc(full) * np.exp(-2 * (np.pi * DETECTOR_BLUR * full) ** 2)) ** 2
    return np.asarray(amplitude / np.sqrt(power.mean()), np.float32)


def _ring_profiles(depth: int, radii: int, seed: int, rings: float) -> NDArray[np.float64]:
    """Draw the profile of the rings over the radius at each knot along z; shape (knot, half of the ring, radius)."""
    rng = stream(seed, "phantom-rings")
    knots = depth // RING_KNOT_SPACING + 2
    gain = rng.standard_normal((knots, 2, radii))
    gain *= np.where(rng.random((1, 2, radii)) < 0.02, 2.5, 1.0)
    # The ramp filter gives a ring dark flanks.
    profile = gain - 0.5 * (np.roll(gain, 1, axis=-1) + np.roll(gain, -1, axis=-1))
    # Few rays meet near the axis, so that the same gain error weighs more there.
    middle = max(radii / 2, 1.0)
    falloff = np.sqrt((middle + 1) / (np.arange(radii) + 1))
    return np.asarray(rings * profile / np.sqrt(1.5) * falloff)
