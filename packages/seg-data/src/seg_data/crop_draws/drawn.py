"""What a way of drawing takes, and what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from seg_common.errors import CropError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CROPS_PER_CHUNK = 64
"""Crops that share a random stream, and are judged together because that costs little more than one."""


class Drawn(NamedTuple):
    """Kept crops."""

    starts: NDArray[np.int64]
    """First voxels, shape (crop, 3)."""
    attempts: NDArray[np.int64]
    """Crops offered for each, itself included, shape (crop,)."""


class Offered(NamedTuple):
    """Candidates in the order in which they were offered."""

    starts: NDArray[np.int64]
    """First voxels, shape (candidate, 3)."""
    kept: NDArray[np.bool_]
    """Whether each was kept."""


class FreeStarts(Protocol):
    """Positions that are drawn one by one."""

    def starts(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Turn three random numbers in [0, 1) for each crop into its first voxel; shape (crop, 3)."""
        ...


class Draws(Protocol):
    """A way of drawing."""

    @property
    def crops_per_cycle(self) -> int | None:
        """Crops offered in a cycle; None without cycles."""
        ...

    def kept(self, numbers: NDArray[np.int64]) -> Drawn:
        """Draw crops by their numbers in the stream."""
        ...

    def offered(self, number: int) -> Offered:
        """List what was offered for a crop, in order; the last one is the crop."""
        ...


class NothingKept(CropError):
    """Every candidate of a bounded number was rejected; the sampler says which volume and function."""

    def __init__(self, rejected: int) -> None:
        super().__init__(f"at least one of {rejected} crops in a row must be kept; all were rejected.")
        self.rejected = rejected
