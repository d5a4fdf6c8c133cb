"""Probabilities as they are stored: in few bytes, and turned back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_common.schema.crop_store import StoredProbabilities


def pack(probabilities: NDArray[np.float32], kind: StoredProbabilities) -> NDArray[Any]:
    """Round probabilities to a type.

    Parameters
    ----------
    probabilities : ndarray of float32
        In [0, 1].
    kind : str
        ``uint8`` or ``uint16`` for shares of their largest value, ``float16`` or ``float32``.

    Returns
    -------
    ndarray
        Same shape; wrong by at most 1/510 as uint8, 1/131070 as uint16, 2^-12 as float16, and not at all as float32.

    Examples
    --------
    >>> import numpy as np
    >>> pack(np.array([0.5, 1.0], np.float32), "uint8").tolist()
    [128, 255]
    """
    if kind in ("float16", "float32"):
        return probabilities.astype(kind)
    largest = np.iinfo(kind).max
    shares: NDArray[Any] = np.floor(probabilities * np.float32(largest) + np.float32(0.5)).astype(kind)
    return shares


def unpack(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Turn stored probabilities back; rounded ones are made to sum to 1 again over the last axis."""
    probabilities: NDArray[np.float32] = stored.astype(np.float32)
    if stored.dtype != np.float32:
        probabilities /= probabilities.sum(axis=-1, keepdims=True)
    return probabilities


def bytes_per_crop(voxels: int, n_classes: int, kind: StoredProbabilities) -> int:
    """Space of a crop before compression: its labels, and its probabilities unless they are left out."""
    return voxels * (1 + (0 if kind == "none" else n_classes * np.dtype(kind).itemsize))
