"""Go through the places of equal keys, which for a batch of consecutive crops is most often one group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def groups(keys: NDArray[np.int64]) -> Iterator[tuple[int, slice | NDArray[np.bool_]]]:
    """Yield each key in growing order with the index of its places."""
    if not len(keys):
        return
    first = int(keys[0])
    if (keys == first).all():
        yield first, slice(None)
        return
    for key in np.unique(keys).tolist():
        yield key, keys == key
