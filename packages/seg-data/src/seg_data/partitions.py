"""Named, disjoint regions of a volume for training, validation and test, written as people think of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seg_common.geometry.box import Index3

AXES = "zyx"
DEFAULT_FRACTIONS = (("train", 0.5), ("validation", 0.125), ("test", 0.375))


class Partitioning(Protocol):
    """A way of cutting a volume whose shape is not known yet."""

    def boxes(self, shape: Index3) -> dict[str, Box]:
        """Cut a volume of a shape (z, y, x) into named boxes."""
        ...


@dataclass(frozen=True)
class AxisSplit:
    """Partitions one after the other along an axis, by their share of it."""

    axis: str = "z"
    """``z``, ``y`` or ``x``."""
    fractions: tuple[tuple[str, float], ...] = DEFAULT_FRACTIONS
    """Name and share of each partition, in order; the shares sum to at most 1."""

    def boxes(self, shape: Index3) -> dict[str, Box]:
        """Cut a volume; borders are rounded to whole voxels.

        Raises
        ------
        VolumeError
            If a share is not positive, they sum to more than 1, a name is repeated, or a partition would have no voxel.

        Examples
        --------
        >>> str(AxisSplit("z", (("train", 0.75), ("test", 0.25))).boxes((8, 5, 5))["test"])
        'z 6:8, y 0:5, x 0:5'
        """
        listing = " ".join(f"{name}={share:g}" for name, share in self.fractions)
        if any(share <= 0 for _, share in self.fractions) or sum(share for _, share in self.fractions) > 1 + 1e-9:
            msg = f"fractions must be positive and sum to at most 1; got {listing}. Lower one of them."
            raise VolumeError(msg)
        _require_unique(name for name, _ in self.fractions)
        axis = AXES.index(self.axis)
        length = shape[axis]
        boxes = {}
        reached = 0.0
        for name, share in self.fractions:
            start, reached = round(reached * length), reached + share
            stop = round(reached * length)
            if stop <= start:
                msg = (
                    f"each partition must hold a voxel along {self.axis}; {name}={share:g} of {length} voxels holds none. "
                    "Raise its fraction or split another axis."
                )
                raise VolumeError(msg)
            boxes[name] = _range_along(axis, start, stop, shape)
        return boxes


@dataclass(frozen=True)
class PartitionRange:
    """One partition by its ranges along some axes; whole along the others."""

    name: str
    ranges: tuple[tuple[str, int, int], ...]
    """Axis, first voxel and exclusive end."""

    def box(self, shape: Index3) -> Box:
        """Place the partition in a volume; raises VolumeError when it leaves it."""
        start, stop = [0, 0, 0], list(shape)
        for axis, first, end in self.ranges:
            index = AXES.index(axis)
            if not 0 <= first < end <= shape[index]:
                msg = (
                    f"a range must lie inside the volume and hold a voxel; got {axis}:{first}:{end} for partition "
                    f"{self.name!r} of a volume of shape {tuple(shape)}. Choose 0 ≤ start < stop ≤ {shape[index]}."
                )
                raise VolumeError(msg)
            start[index], stop[index] = first, end
        return Box.between((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


@dataclass(frozen=True)
class PartitionRanges:
    """Partitions by their ranges."""

    partitions: tuple[PartitionRange, ...]

    def boxes(self, shape: Index3) -> dict[str, Box]:
        """Cut a volume; raises VolumeError when a partition leaves it or a name is repeated."""
        _require_unique(partition.name for partition in self.partitions)
        return {partition.name: partition.box(shape) for partition in self.partitions}


def parse_range(text: str) -> PartitionRange:
    """Read ``NAME=z:0:128`` or ``NAME=z:0:128,y:0:64``; the end is exclusive.

    Raises
    ------
    VolumeError
        If the text has another form.

    Examples
    --------
    >>> parse_range("train=z:0:128")
    PartitionRange(name='train', ranges=(('z', 0, 128),))
    """
    name, _, ranges = text.partition("=")
    found = [re.fullmatch(r"([zyx]):(\d+):(\d+)", part.strip()) for part in ranges.split(",")]
    matches = [match for match in found if match is not None]
    axes = [match[1] for match in matches]
    if not name or len(matches) < len(found) or len(set(axes)) < len(axes):
        msg = f"a partition is written NAME=AXIS:START:STOP[,AXIS:START:STOP]; got {text!r}. Write for example train=z:0:128."
        raise VolumeError(msg)
    return PartitionRange(name, tuple((match[1], int(match[2]), int(match[3])) for match in matches))


def parse_part(text: str) -> PartitionRange:
    """Read ``z:0:128`` or ``z:0:128,y:0:64``, a part of a volume without a name; the end is exclusive.

    Raises
    ------
    VolumeError
        If the text has another form.
    """
    try:
        return parse_range(f"part={text}")
    except VolumeError:
        msg = f"a part is written AXIS:START:STOP[,AXIS:START:STOP]; got {text!r}. Write for example z:0:128."
        raise VolumeError(msg) from None


def parse_fraction(text: str) -> tuple[str, float]:
    """Read ``NAME=0.5``; raises VolumeError when the text has another form."""
    match = re.fullmatch(r"([^=]+)=(\d*\.?\d+)", text)
    if match is None:
        msg = f"a share is written NAME=FRACTION; got {text!r}. Write for example train=0.5."
        raise VolumeError(msg)
    return match[1], float(match[2])


def _range_along(axis: int, start: int, stop: int, shape: Index3) -> Box:
    return PartitionRange("", ((AXES[axis], start, stop),)).box(shape)


def _require_unique(names: Iterable[str]) -> None:
    listed = list(names)
    if len(set(listed)) < len(listed):
        msg = f"partition names must be unique; got {', '.join(listed)}. Rename one of them."
        raise VolumeError(msg)
