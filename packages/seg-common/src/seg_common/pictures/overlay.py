"""Grey slices, class colours over them, and where prediction and reference differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

FALSE_POSITIVE = "#d55e00"
"""Colour of voxels that the prediction adds to a class; told from false negatives by colour-blind readers too."""
FALSE_NEGATIVE = "#0072b2"
"""Colour of voxels of a class that the prediction misses."""


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``, each in 0 … 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def grey_limits(plane: NDArray[Any], share: float = 0.005) -> tuple[float, float]:
    """Grey levels for black and white: all but a small share of the voxels at both ends lie between them.

    Voxels without a finite grey level, as outside a round field of view, do not count.
    """
    known = plane[np.isfinite(plane)]
    if not known.size:
        return 0.0, 1.0
    low, high = np.quantile(known, [share, 1 - share])
    return float(low), float(high) if high > low else float(low) + 1


def grey_to_rgb(plane: NDArray[Any], limits: tuple[float, float] | None = None) -> Rgb:
    """Turn a slice into a grey picture.

    Parameters
    ----------
    plane : ndarray, shape (rows, columns)
        Grey levels of any dtype; NaN is black.
    limits : pair of float, optional
        Grey levels of black and white; see `grey_limits`.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
    """
    low, high = limits or grey_limits(plane)
    grey = ((plane.astype(np.float32) - low) * (255 / (high - low))).clip(0, 255)
    grey = np.nan_to_num(grey).round().astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def overlay(picture: Rgb, labels: NDArray[Any], colors: Sequence[str], *, alpha: float = 0.45, skip: int = 0) -> Rgb:
    """Lay class colours over a grey picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        The grey slice; not modified.
    labels : ndarray of int, shape (rows, columns)
        Class indices; other values (an ignored label) stay grey.
    colors : sequence of str
        Colours by class index, ``#rrggbb``.
    alpha : float
        Strength of the colour in [0, 1].
    skip : int
        Class left grey, so that the picture is not drowned: the matrix. -1 for none.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
    """
    blended = picture.astype(np.float32)
    for index, color in enumerate(colors):
        if index != skip:
            here = labels == index
            blended[here] = (1 - alpha) * blended[here] + alpha * np.array(rgb(color), np.float32)
    return blended.round().astype(np.uint8)


def faded(picture: Rgb, strength: float = 0.35) -> Rgb:
    """Move a picture towards white, so that marks on it stand out.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        The picture; not modified.
    strength : float
        What is left of its contrast, in [0, 1].

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
    """
    return (255 - (255 - picture.astype(np.float32)) * strength).astype(np.uint8)


def error_overlay(
    picture: Rgb, reference: NDArray[Any], predicted: NDArray[Any], ignored_label: int | None = None
) -> Rgb:
    """Mark wrong voxels: those that the prediction adds to a minor class, and those of a minor class that it misses.

    Class 0 is taken as the background. A voxel that is mistaken between two other classes is marked as added.
    """
    wrong = reference != predicted
    if ignored_label is not None:
        wrong &= reference != ignored_label
    marked = picture.copy()
    marked[wrong & (predicted != 0)] = rgb(FALSE_POSITIVE)
    marked[wrong & (predicted == 0)] = rgb(FALSE_NEGATIVE)
    return marked
