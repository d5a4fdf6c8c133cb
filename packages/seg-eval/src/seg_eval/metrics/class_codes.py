"""Class indices as codes for the connected components, where 0 stands for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def class_codes(
    labels: NDArray[Any], n_classes: int, chosen: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Turn class k into code k + 1, and voxels that are not chosen into 0.

    Parameters
    ----------
    labels : ndarray of int, shape (z, y, x)
        Class indices 0 … n_classes - 1 where chosen, any value elsewhere. Not modified.
    n_classes : int
        Number of classes, at most 65 535.
    chosen : ndarray of bool, shape (z, y, x), optional
        Voxels that get a code; all of them by default.

    Returns
    -------
    ndarray of uint8, or of uint16 from 256 classes on, shape (z, y, x)
        Codes.

    Examples
    --------
    >>> import numpy as np
    >>> class_codes(np.array([[[0, 2, 255]]], np.uint8), 3, np.array([[[True, True, False]]])).tolist()
    [[[1, 3, 0]]]
    """
    dtype = np.uint8 if n_classes <= 255 else np.uint16
    codes: NDArray[np.uint8] | NDArray[np.uint16] = np.add(labels, 1, dtype=dtype, casting="unsafe")
    if chosen is not None:
        codes *= chosen
    return codes
