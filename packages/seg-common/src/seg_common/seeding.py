"""One integer seed → named, independent, counter-based random streams.

Item n of a stream is a pure function of (seed, name, n): it never depends on how many items were drawn before, by
how many workers or in what order. Philox is counter-based, so making a generator costs microseconds and no state is
kept between items.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def stream(seed: int, name: str, *counters: int) -> np.random.Generator:
    """Make the generator of one item of a named stream.

    Parameters
    ----------
    seed : int
        The run's only seed, in [0, 2**63).
    name : str
        What the numbers are for, for example ``"crops"``; streams with different names are independent.
    *counters : int
        The item's number in the stream, and further numbers when items have parts; non-negative.

    Returns
    -------
    numpy.random.Generator
        A fresh Philox generator at the start of the item's own sequence.

    References
    ----------
    .. [1] Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC '11,
       doi:10.1145/2063384.2063405

    Examples
    --------
    >>> int(stream(0, "crops", 7).integers(1000)) == int(stream(0, "crops", 7).integers(1000))
    True
    """
    import numpy as np

    # The key is a digest of everything that names the item: 128 bits, so two items never share a sequence in practice.
    text = "\0".join([str(seed), name, *(str(counter) for counter in counters)])
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key))
