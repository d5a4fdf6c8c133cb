"""A box of voxels: start and shape, axes (z, y, x), the end exclusive."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Iterable

Index3 = tuple[int, int, int]
Shape3 = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class Box(BaseModel):
    """An axis-aligned box of voxels; a frozen value that travels with the data cut out of it.

    Examples
    --------
    >>> box = Box(start=(0, 2, 4), shape=(1, 3, 5))
    >>> box.stop, box.voxels
    ((1, 5, 9), 15)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    start: Index3
    """First voxel (z, y, x); may be negative for a box that reaches out of a volume."""
    shape: Shape3
    """Edge lengths (z, y, x) in voxels, each at least 1."""

    @classmethod
    def whole(cls, shape: Index3) -> Box:
        """Make the box of a whole volume."""
        return cls(start=(0, 0, 0), shape=shape)

    @classmethod
    def between(cls, start: Index3, stop: Index3) -> Box:
        """Make a box from its first voxel and its exclusive end."""
        z, y, x = (b - a for a, b in zip(start, stop, strict=True))
        return cls(start=start, shape=(z, y, x))

    @property
    def stop(self) -> Index3:
        """Exclusive end (z, y, x)."""
        return (self.start[0] + self.shape[0], self.start[1] + self.shape[1], self.start[2] + self.shape[2])

    @property
    def voxels(self) -> int:
        """Number of voxels."""
        return prod(self.shape)

    def slices(self) -> tuple[slice, slice, slice]:
        """Index of the box in a (z, y, x) array."""
        z, y, x = (slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        return z, y, x

    def contains(self, other: Box) -> bool:
        """Tell whether every voxel of `other` lies inside."""
        return all(a <= b for a, b in zip(self.start, other.start, strict=True)) and all(
            a >= b for a, b in zip(self.stop, other.stop, strict=True)
        )

    def intersection(self, other: Box) -> Box | None:
        """Box of the shared voxels, or None when there are none."""
        start = _index(max(a, b) for a, b in zip(self.start, other.start, strict=True))
        stop = _index(min(a, b) for a, b in zip(self.stop, other.stop, strict=True))
        if any(a >= b for a, b in zip(start, stop, strict=True)):
            return None
        return Box.between(start, stop)

    def shifted(self, offset: Index3) -> Box:
        """Box of the same shape, moved by `offset` (z, y, x)."""
        return Box(start=_index(a + b for a, b in zip(self.start, offset, strict=True)), shape=self.shape)

    def grown(self, halo: Index3) -> Box:
        """Box with `halo` more voxels on both sides of each axis; it may leave the volume."""
        start = _index(a - h for a, h in zip(self.start, halo, strict=True))
        return Box(start=start, shape=_index(n + 2 * h for n, h in zip(self.shape, halo, strict=True)))

    def __str__(self) -> str:
        """Half-open ranges, as in ``z 0:4, y 0:8, x 2:9``."""
        ranges = zip("zyx", self.start, self.stop, strict=True)
        return ", ".join(f"{axis} {a}:{b}" for axis, a, b in ranges)


def _index(values: Iterable[int]) -> Index3:
    z, y, x = values
    return z, y, x
