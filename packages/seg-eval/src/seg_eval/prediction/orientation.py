"""Axes of a 2D network inside a volume: its slices may lie across z, y or x."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.geometry.box import Index3

Value = TypeVar("Value")


def network_axes(normal: int) -> Index3:
    """Axes of the volume in the order in which the network sees them: across the slices, rows, columns.

    Parameters
    ----------
    normal : int
        Axis of the volume across which the slices lie; 0, 1, 2 for z, y, x.

    Returns
    -------
    tuple of int
        Axis i of the network is this axis of the volume.

    Examples
    --------
    >>> network_axes(2)
    (2, 0, 1)
    """
    rows, columns = (axis for axis in range(3) if axis != normal)
    return (normal, rows, columns)


def volume_axes(normal: int) -> Index3:
    """Undo `network_axes`: axis i of the volume is this axis of the network."""
    z, y, x = (network_axes(normal).index(axis) for axis in range(3))
    return (z, y, x)


def to_network(values: Sequence[Value], normal: int) -> tuple[Value, Value, Value]:
    """Reorder three values from (z, y, x) to the axes of the network."""
    a, b, c = (values[axis] for axis in network_axes(normal))
    return (a, b, c)


def to_volume(values: Sequence[Value], normal: int) -> tuple[Value, Value, Value]:
    """Reorder three values from the axes of the network to (z, y, x)."""
    z, y, x = (values[axis] for axis in volume_axes(normal))
    return (z, y, x)
