"""What functions ask of a crop: one number each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@dataclass(frozen=True)
class ClassShare:
    """Share of the crop's voxels in a class, in [0, 1]."""

    class_index: int


@dataclass(frozen=True)
class MaskShare:
    """Share of the crop's voxels inside a mask, in [0, 1]."""

    mask: str
    """``path`` or ``path::dataset``, relative to the volume's folder."""


@dataclass(frozen=True)
class GreyStatistic:
    """A statistic of the crop's grey levels."""

    statistic: Literal["mean", "std", "entropy"]


@dataclass(frozen=True)
class VoxelFunction:
    """What a user's function says of a crop's image and labels, in [0, 1]."""

    function: Callable[[Any, Any], float]


Quantity = ClassShare | MaskShare | GreyStatistic | VoxelFunction


def needs_voxels(quantity: Quantity) -> bool:
    """Tell whether a quantity is known only by reading the crop."""
    return isinstance(quantity, GreyStatistic | VoxelFunction)
